/**
 * What the browser waits for when it installs a worker.
 *
 * The root's worker is installed once all files of the site are kept for offline use. A workspace's worker
 * is installed at once, since somebody waits for the workspace's first page; but a newer version replaces
 * it only when all files of that version are there.
 */

import { noteInstalling } from "./versions.js";
import { completeSite, isComplete, keepSite } from "./site-files.js";
import { ROOT } from "../../shared/scopes.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** ms after which a boot takes so long that the site's files need not wait for its end. */
const LONG_BOOT = 8000;

/**
 * @param {import("../../shared/scopes.js").Role} role  of this worker
 * @returns {Promise<void>} settled when it may be activated
 * @throws {import("../../shared/errors.js").LiteError} a file of this version cannot be had
 */
export async function install(role) {
  const isUpdate = worker.registration.active !== null;
  if (role !== ROOT && !isUpdate) return;
  await noteInstalling().catch(() => {}); // some private windows have no Cache Storage at all
  // Files that another registration's worker has kept are there for all.
  if (role === ROOT || !(await isComplete())) await keepSite();
}

/**
 * To be called when a page opens a workspace.
 *
 * @returns {Promise<void>} settled when the site is kept, however long the page takes
 */
export async function completeMeanwhile() {
  // A worker that has something to do does not make way for the one of a newer version.
  if (await isComplete()) return;
  await new Promise((resolve) => setTimeout(resolve, LONG_BOOT));
  await completeSite();
}
