/** Reads the files of a saved instance, all of them or some. */

import { withBases } from "../sources/opened-bases.js";
import { copyOfPaged } from "../storage/paged-content.js";
import { PAGED_FROM } from "../../shared/paging.js";
import { readFiles, readInstance } from "../../shared/saved-contents.js";
import { DATABASES, JOURNALS, SET_ASIDE, WORK } from "../../shared/saved-store.js";

/** @typedef {import("../storage/block-file-system.js").FileContent} FileContent */
/** @typedef {import("../../shared/saved-contents.js").ListedFile} ListedFile */
/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {Store} store
 * @param {SavedInstance} saved
 * @param {import("./boot-progress.js").BootProgress} reports
 * @param {boolean} isOpened  whether the files are opened as they are; else they go into a new generation
 * @returns {Promise<Map<string, FileContent>>} its files
 */
export async function readSaved(store, saved, reports, isOpened) {
  const onProgress = (/** @type {number} */ done) => {
    const step = { done, total: saved.size, unit: /** @type {const} */ ("bytes") };
    if (reports.stage === "restore") reports.report({ stage: "restore", label: "", ...step });
  };
  const isWanted = (/** @type {string} */ path) => !isOpened || !path.startsWith(SET_ASIDE);
  const isPaged = isOpened ? isLarge : () => false;
  const options = { onProgress, isWanted, isPaged };
  return withBases(await readFiles(store, saved.generation, options), saved.generation);
}

/**
 * @param {ListedFile} file
 * @param {ListedFile[]} all
 * @returns {boolean} whether a start should not have to read all of it
 */
function isLarge({ path, size }, all) {
  if (!path.startsWith(DATABASES) || size < PAGED_FROM) return false;
  // What a journal does to a database cannot be undone, as repeating a step requires.
  const journals = JOURNALS.map((suffix) => path + suffix);
  return !all.some((file) => journals.includes(file.path) && file.size > 0);
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {string} folder
 * @returns {Promise<Array<[path: string, bytes: Uint8Array]>>} the files of a saved instance whose path
 *   begins with `folder`
 */
export async function filesBelow(store, key, folder) {
  const { files } = await readInstance(store, key, (path) => path.startsWith(folder));
  return Promise.all(
    files.map(async ({ path, content }) => [path, new Uint8Array(await content.arrayBuffer())]),
  );
}

/**
 * @param {Map<string, FileContent>} files
 * @returns {Map<string, FileContent>}
 */
export function copied(files) {
  return new Map(
    Array.from(files, ([path, content]) => [
      path,
      content instanceof Uint8Array ? content.slice() : copyOfPaged(content),
    ]),
  );
}

/**
 * @param {Iterable<string>} paths  of the files from before with which a new generation begins
 * @param {SavedInstance} [found]   the record from before
 * @returns {Pick<SavedInstance, "edited" | "origin">} what the new record must say as well, because work stays
 */
export function marksOfKept(paths, found) {
  const hasWork = [...paths].some((path) => WORK.some((folder) => path.startsWith(folder)));
  if (!found || !hasWork) return { edited: false };
  return { edited: found.edited, ...(found.origin && { origin: found.origin }) };
}
