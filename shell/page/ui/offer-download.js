/**
 * Offers something that a script has made to the person as a download.
 */

import { element } from "./dom.js";

/** ms after which the browser has certainly begun to copy it. */
const LIFETIME = 60_000;

/**
 * @param {Blob} content
 * @param {string} name
 */
export function offerDownload(content, name) {
  const href = URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), LIFETIME);
}
