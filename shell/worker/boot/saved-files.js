/** Reads the files of a saved instance, all of them or some. */

import { readFiles, readInstance, SET_ASIDE } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {Store} store
 * @param {SavedInstance} saved
 * @param {import("./boot-progress.js").BootProgress} reports
 * @param {boolean} isOpened  whether the files are opened as they are; else they go into a new generation
 * @returns {Promise<Map<string, Uint8Array>>} its files
 */
export function readSaved(store, saved, reports, isOpened) {
  const onProgress = (/** @type {number} */ done) => {
    const step = { done, total: saved.size, unit: /** @type {const} */ ("bytes") };
    if (reports.stage === "restore") reports.report({ stage: "restore", label: "", ...step });
  };
  const isWanted = (/** @type {string} */ path) => !isOpened || !path.startsWith(SET_ASIDE);
  return readFiles(store, saved.generation, onProgress, isWanted);
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
 * @param {Map<string, Uint8Array>} files
 * @returns {Map<string, Uint8Array>}
 */
export function copied(files) {
  return new Map(Array.from(files, ([path, bytes]) => [path, bytes.slice()]));
}
