/**
 * Getting files from the person with the browser's own file chooser.
 *
 * What is then done with them is the caller's business.
 */

import { element } from "./dom.js";

/**
 * Must be called while a click or a key press is being handled: browsers open the chooser for nothing
 * else.
 *
 * @param {string} [accept]  as the attribute of that name; without it, every kind of file
 * @returns {Promise<File[]>} none when the person changes their mind
 */
export function pickFiles(accept = "") {
  const input = element("input", { type: "file", multiple: true, accept: accept !== "" && accept });
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve([...(input.files ?? [])]));
    input.addEventListener("cancel", () => resolve([]));
    input.click();
  });
}
