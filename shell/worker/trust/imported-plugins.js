/**
 * Checks an imported workspace's folder of plugins, which may hold only the lock and the wheels it names.
 */

import { LOCK, WHEELS, parseLock } from "./lock.js";

/** @typedef {import("../../shared/saved-contents.js").SavedFile} SavedFile */

const FOLDER = "plugins/";

/**
 * @param {SavedFile[]} files  of an instance
 * @param {URL} siteRoot
 * @returns {Promise<SavedFile[]>} without files of that folder that its lock does not name
 */
export async function withoutStrayFiles(files, siteRoot) {
  const lock = files.find(({ path }) => path === LOCK);
  const known = new Set(lock ? [LOCK, ...(await wheelsIn(lock, siteRoot))] : []);
  return files.filter(({ path }) => !path.startsWith(FOLDER) || known.has(path));
}

/**
 * @param {SavedFile} lock
 * @param {URL} siteRoot
 * @returns {Promise<string[]>} paths; none where the lock cannot be read, which the next start reports
 */
async function wheelsIn({ content }, siteRoot) {
  try {
    return parseLock(await content.text(), siteRoot).wheels.map(({ file }) => WHEELS + file);
  } catch {
    return [];
  }
}
