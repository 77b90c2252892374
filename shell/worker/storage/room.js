/**
 * Frees space in the store when the browser grants no more.
 *
 * What only saves time goes first (snapshots of Python's memory), then saved instances that their links
 * can load again, least recently used first. Anything that somebody changed, added or imported stays, and
 * so does anything open in any worker: its owner holds a lock.
 */

import { ALL, deleteGeneration, inTransaction } from "./transaction.js";
import { ifFree, ownerLock } from "../../shared/locks.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/** Keys of the instances that this run of the worker has evicted. */
export const evicted = /** @type {Set<string>} */ (new Set());

/** @type {((store: Store) => Promise<boolean>)[]} */
const dispensable = [];

/**
 * Name something that can always be deleted, since it can be made again.
 *
 * @param {(store: Store) => Promise<boolean>} remove  deletes it; whether there was anything
 */
export function makesRoom(remove) {
  dispensable.push(remove);
}

/** @type {(key: string) => void} */
let onEvict = () => {};

/** @param {(key: string) => void} listener  called with the key of each instance that is evicted */
export function whenEvicted(listener) {
  onEvict = listener;
}

/**
 * @param {Store} store
 * @returns {Promise<boolean>} whether anything was deleted
 */
export async function makeRoom(store) {
  for (const remove of dispensable) if (await remove(store)) return true;
  const instances = await store.getAll("instances");
  const candidates = instances.filter(({ refetchable }) => refetchable);
  candidates.sort((a, b) => a.usedAt - b.usedAt);
  for (const candidate of candidates) {
    if (!(await evict(store, candidate))) continue;
    evicted.add(candidate.key);
    onEvict(candidate.key);
    return true;
  }
  return false;
}

/**
 * @param {Store} store
 * @param {SavedInstance} candidate
 * @returns {Promise<boolean>} whether it was deleted: not if it is open, or has changed meanwhile
 */
async function evict(store, { key, owner, generation }) {
  const isEvicted = await ifFree(ownerLock(owner), () =>
    inTransaction(
      store,
      async (transaction, ask) => {
        const instances = transaction.objectStore("instances");
        const now = await instances.get(key);
        if (!now?.refetchable || now.owner !== owner || now.generation !== generation) return false;
        deleteGeneration(transaction, ask, generation);
        ask(instances.delete(key));
        return true;
      },
      "relaxed",
      ALL,
    ),
  );
  return isEvicted === true;
}
