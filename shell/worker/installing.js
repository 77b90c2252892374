/**
 * What the browser waits for when it installs the worker: that the site is kept for offline use, but
 * for a first visit that is to an instance. There somebody waits for a page, and the site's files are
 * kept when that is there, or when it takes long.
 */

import { completeSite, isComplete, keepSite } from "./site-files.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** ms in which the page of a first visit has asked for an instance, if it is for one. */
const PAUSE = 300;

/** ms after which a boot takes so long that the site's files need not wait for its end. */
const LONG_BOOT = 8000;

/** @type {() => void} */
let noteOpening;
/** @type {Promise<boolean>} true once a page has asked for an instance */
const opening = new Promise((resolve) => (noteOpening = () => resolve(true)));

/** @returns {Promise<unknown>} settled when the worker may be activated */
export async function install() {
  if (worker.registration.active) return keepSite();
  if (await Promise.race([opening, after(PAUSE)])) return undefined;
  return Promise.race([opening, keepSite()]);
}

/**
 * To be called when a page asks for an instance.
 *
 * @returns {Promise<void>} settled when the site is kept, however long the page takes
 */
export async function isOpening() {
  noteOpening();
  // A worker that has something to do does not make way for the one of a newer version.
  if (await isComplete()) return;
  await after(LONG_BOOT);
  await completeSite();
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
