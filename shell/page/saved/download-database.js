/**
 * Downloads a database that is saved in this browser, without Python.
 */

import { readInstance } from "../../shared/saved-contents.js";
import { JOURNALS } from "../../shared/saved-store.js";
import { offerDownload } from "../ui/offer-download.js";

/**
 * @param {import("../../shared/saved-store.js").Store} store
 * @param {string} key  of the instance
 * @param {string} path  of the database in its folder
 * @returns {Promise<void>} settled when the browser has it
 * @throws {import("../../shared/errors.js").LiteError} it is no longer saved
 */
export async function downloadDatabase(store, key, path) {
  // When SQLite opens a database that has its journal beside it, it undoes what an interruption left
  // half done, so the two must stay together.
  const together = [path, ...JOURNALS.map((suffix) => path + suffix)];
  const { files } = await readInstance(store, key, (found) => together.includes(found));
  const needed = files.filter((file) => file.path === path || file.content.size > 0);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (needed.length === 1) return offerDownload(needed[0].content, name);
  const { zipOf } = await import("./export-zip.js"); // large, and seldom needed
  offerDownload(await zipOf(needed), `${name}.zip`);
}
