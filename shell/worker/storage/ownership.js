/**
 * Makes a running instance the owner of a saved one: only the owner may save it. While the instance is
 * open, its worker holds a lock named after the owner, so that other workers know.
 */

import { dropBases } from "./saved-bases.js";
import { claim } from "./store-changes.js";
import { hold, holdIfFree, ownerLock } from "../../shared/locks.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {Store} store
 * @param {string} key
 * @returns {Promise<{owner: string, found: SavedInstance | undefined, disown: () => void}>} owner: who may
 *   save it from now on; found: what is saved; disown: to be called when it is no longer open
 */
export async function own(store, key) {
  const owner = crypto.randomUUID();
  const disown = await hold(ownerLock(owner));
  const found = await claim(store, key, owner).catch((error) => {
    disown();
    throw error;
  });
  if (found?.owner === owner) {
    await dropBases(store, found.generation).catch((error) =>
      console.warn("Copies of files that an interruption left behind are still stored.", error),
    );
  }
  if (!found || found.owner === owner) return { owner, found, disown };
  // There was no room for another name. The name of an owner that no longer exists will do.
  const release = found.owner === "" ? undefined : await holdIfFree(ownerLock(found.owner));
  if (!release) return { owner, found: { ...found, owner }, disown };
  disown();
  return { owner: found.owner, found, disown: release };
}
