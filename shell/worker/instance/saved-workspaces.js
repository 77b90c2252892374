/**
 * What is done to saved workspaces as a whole, from the root's worker: deleting them, and saving one
 * that was exported elsewhere. Where they run, they are stopped first.
 */

import { deleteImages } from "../image-store.js";
import { removeInstance, saveCopy } from "../store-changes.js";
import { Decisions } from "../trust/decisions.js";
import { whileStopped } from "./occupancy.js";
import { openSharedStore } from "./store-access.js";

const decisions = new Decisions(() => openSharedStore());

/**
 * @param {string[]} keys
 * @returns {Promise<void>} settled when they are gone
 */
export async function deleteWorkspaces(keys) {
  const store = await openSharedStore();
  for (const key of keys) {
    await whileStopped(key, () => removeInstance(store, key));
    await decisions.forget(key);
  }
  // They hold its plugins. Other workspaces make theirs again.
  await deleteImages(store);
}

/**
 * Save a workspace that was exported elsewhere, in place of one with its key.
 *
 * @param {import("../../shared/saved-store.js").SavedInstance} instance
 * @param {Array<{path: string, content: Blob}>} files
 * @returns {Promise<string[]>} paths of files that were left out
 * @throws {import("../../shared/errors.js").LiteError} it is malformed, or there is no room
 */
export async function restoreWorkspace(instance, files) {
  const store = await openSharedStore();
  // Its packages may be others than those that were allowed.
  await decisions.forget(instance.key);
  return whileStopped(instance.key, () => saveCopy(store, instance, files));
}
