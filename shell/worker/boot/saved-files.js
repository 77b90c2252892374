/** Reads the files of a saved instance, all of them or some. */

import { DATABASES, readFiles, readInstance, SET_ASIDE } from "../../shared/saved-store.js";

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
 * @param {Store | undefined} store
 * @param {string} key
 * @param {string} path
 * @returns {Promise<Uint8Array | undefined>} one file of a saved instance
 */
export async function fileOf(store, key, path) {
  if (!store) return undefined;
  const { files } = await readInstance(store, key, (other) => other === path);
  return files[0] && new Uint8Array(await files[0].content.arrayBuffer());
}

/**
 * @param {Map<string, Uint8Array>} files
 * @returns {Map<string, Uint8Array>}
 */
export function copied(files) {
  return new Map(Array.from(files, ([path, bytes]) => [path, bytes.slice()]));
}

/**
 * Select what stays when the sources are loaded again: stored queries, cookies, the secret.
 *
 * @param {Map<string, Uint8Array>} files  of an instance's folder
 * @returns {Map<string, Uint8Array>}
 */
export function beyondSources(files) {
  return new Map(
    [...files].filter(([path]) => !path.startsWith(DATABASES) && path !== "state.json"),
  );
}
