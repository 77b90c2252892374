/**
 * Keeps the browser's handles of files that people drop, so that a file can be read again, or written to,
 * without choosing it once more. Chromium gives handles of dropped files; in other browsers, and for files
 * from the file chooser, this keeps nothing.
 *
 * https://wicg.github.io/file-system-access/
 */

import { openDB } from "idb";
import { isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";

const STORE = "handles";

/** Handles beyond this number are forgotten, the oldest first. */
const MOST = 500;

/**
 * @typedef {object} Kept
 * @property {string} addition  names the addition of the file; its source remembers it
 * @property {string} workspace  key
 * @property {FileSystemFileHandle} handle
 * @property {number} modified  when the file had last been changed as it was read, in ms since 1970
 * @property {number} size  of the file then, in bytes
 * @property {number} at  when it was kept, in ms since 1970
 */

/** @type {WeakMap<File, FileSystemFileHandle>} */
const handles = new WeakMap();

/**
 * @param {File} file
 * @param {FileSystemHandle | null | undefined} handle
 */
export function noteHandle(file, handle) {
  if (handle?.kind === "file") handles.set(file, /** @type {FileSystemFileHandle} */ (handle));
}

/**
 * Keep the handle of a file that was opened, if there is one. Nothing is kept of temporary workspaces.
 *
 * @param {File} file
 * @param {string} addition
 * @param {string} workspace  key
 * @returns {Promise<void>}
 */
export async function keepHandle(file, addition, workspace) {
  const handle = handles.get(file);
  if (!handle || isTemporary(workspace)) return;
  try {
    const store = await open();
    const { lastModified: modified, size } = file;
    /** @type {Kept} */
    const kept = { addition, workspace, handle, modified, size, at: Date.now() };
    await store.put(STORE, kept);
    const keys = await store.getAllKeysFromIndex(STORE, "at");
    for (const key of keys.slice(0, -MOST)) await store.delete(STORE, key);
    store.close();
  } catch {
    // A convenience only: without it, the person chooses the file again.
  }
}

/**
 * @param {string} addition
 * @returns {Promise<Kept | undefined>}
 */
export async function keptHandle(addition) {
  if (addition === "") return undefined;
  try {
    const store = await open();
    const kept = await store.get(STORE, addition);
    store.close();
    return kept;
  } catch {
    return undefined;
  }
}

/**
 * @param {string[]} workspaces  keys of workspaces that are deleted
 * @returns {Promise<Kept[]>} what was forgotten
 */
export async function forgetHandles(workspaces) {
  /** @type {Kept[]} */
  const forgotten = [];
  try {
    const store = await open();
    for (const workspace of workspaces) {
      forgotten.push(...(await store.getAllFromIndex(STORE, "workspace", workspace)));
    }
    for (const { addition } of forgotten) await store.delete(STORE, addition);
    store.close();
  } catch {
    // Nothing uses them without the workspace.
  }
  return forgotten;
}

/**
 * @param {Kept[]} forgotten  handles of workspaces that are no longer deleted
 * @returns {Promise<void>}
 */
export async function rememberHandles(forgotten) {
  try {
    const store = await open();
    for (const kept of forgotten) await store.put(STORE, kept);
    store.close();
  } catch {
    // Without them, the person chooses the files again.
  }
}

/** @param {string} key */
function isTemporary(key) {
  return key !== "" && isSwitchedOn(keyToRecipe(key), "temporary");
}

function open() {
  return openDB(`datasette-lite file handles ${SITE_ROOT.pathname}`, 1, {
    upgrade: (store) => {
      const kept = store.createObjectStore(STORE, { keyPath: "addition" });
      kept.createIndex("workspace", "workspace");
      kept.createIndex("at", "at");
    },
  });
}
