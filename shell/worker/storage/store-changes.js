/**
 * Changes to the store, each in one transaction: all of it or nothing.
 *
 * Puts and deletes files, blocks and records; shared/saved-store.js defines their form. saver.js decides
 * what a running instance saves, and when.
 */

import manifest from "../site-cache/manifest.js";
import { isForWantOfRoom } from "./save-errors.js";
import { makeRoom } from "./room.js";
import { ALL, deleteGeneration, inTransaction } from "./transaction.js";
import { BLOCK_SIZE } from "../../shared/blocks.js";
import { readableRecord } from "../../shared/saved-record.js";
import { keysOf, newerSite, STATE_FORMAT, WHOLE_FORMAT } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {Omit<import("./block-file-system.js").FileChange, "node">} FileChange */
/** @typedef {Omit<import("./block-file-system.js").Changes, "files" | "bytes"> & {files: FileChange[]}} Changes */
/** @typedef {import("./transaction.js").Transaction} Transaction */
/** @typedef {import("./transaction.js").Ask} Ask */

/**
 * Change the store in one transaction: all of it, or nothing. If there is no room, make some (room.js) and
 * try again.
 *
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work  awaits nothing but requests;
 *   may be called several times
 * @param {"relaxed" | "strict"} [durability]  as inTransaction() takes it
 * @param {import("./transaction.js").StoreName[]} [stores]  the same
 * @returns {Promise<T>}
 */
export async function change(store, work, durability = "relaxed", stores = undefined) {
  for (;;) {
    try {
      return await inTransaction(store, work, durability, stores);
    } catch (error) {
      if (!isForWantOfRoom(error) || !(await canMakeRoom(store))) throw error;
    }
  }
}

/**
 * @param {Store} store
 * @returns {Promise<boolean>} whether anything was deleted, so that trying again makes sense
 */
async function canMakeRoom(store) {
  try {
    return await makeRoom(store);
  } catch (error) {
    console.warn("No room could be made.", error);
    return false;
  }
}

/**
 * Take over a saved instance. The previous owner can no longer save it: a worker that an update of the site
 * replaces may still be trying to.
 *
 * @param {Store} store
 * @param {string} key
 * @param {string} owner  the new owner, which already holds ownerLock() of that name
 * @returns {Promise<SavedInstance | undefined>} undefined if it is not saved; with the owner that it had
 *   if there was no room for another name
 * @throws {import("../../shared/errors.js").LiteError} named OUTDATED: a newer version of the site saved it
 */
export async function claim(store, key, owner) {
  try {
    return await change(store, async (transaction, ask) => {
      const instances = transaction.objectStore("instances");
      const saved = await instances.get(key);
      if (!saved) return undefined;
      if (saved.format > STATE_FORMAT) throw newerSite();
      const { ahead = [], ...rest } = saved;
      const claimed = { ...rest, owner };
      for (const path of ahead) {
        const file = await transaction.objectStore("files").get([saved.generation, path]);
        deleteBeyond(transaction, ask, saved.generation, path, file?.size ?? 0);
      }
      ask(instances.put(claimed));
      return claimed;
    });
  } catch (error) {
    // Reading must work even without room for another name.
    if (isForWantOfRoom(error)) return store.get("instances", key);
    throw error;
  }
}

/**
 * @param {string} key
 * @param {SavedSource[]} sources
 * @param {string} owner
 * @param {object} [more]
 * @param {string} [more.generation]  the one that will be replaced
 * @param {import("../../shared/errors.js").WireError[]} [more.problems]
 * @param {boolean} [more.refetchable]
 * @param {Pick<SavedInstance, "edited" | "origin">} [more.marks]  of work from before that stays
 * @returns {SavedInstance} of an instance that is not saved yet
 */
export function newRecord(key, sources, owner, more = {}) {
  const { generation = "", problems = [], refetchable = false, marks = {} } = more;
  const now = Date.now();
  return {
    refetchable,
    ...{ key, sources, problems, generation, owner, format: WHOLE_FORMAT, build: manifest.version },
    ...{ createdAt: now, usedAt: now, size: 0, edited: false, ...marks },
  };
}

/**
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 * @param {Changes} changes
 */
export function putChanges(transaction, ask, generation, changes) {
  const files = transaction.objectStore("files");
  const blocks = transaction.objectStore("blocks");
  for (const path of changes.removed) {
    ask(files.delete([generation, path]));
    ask(blocks.delete(keysOf(generation, path)));
  }
  for (const { path, size, before, blocks: changed, base } of changes.files) {
    if (size < before) deleteBeyond(transaction, ask, generation, path, size);
    ask(files.put(base ? { size, base } : { size }, [generation, path]));
    for (const [index, bytes] of changed) ask(blocks.put(bytes, [generation, path, index]));
  }
}

/**
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 * @param {string} path
 * @param {number} size  in bytes: what is beyond does not count
 */
function deleteBeyond(transaction, ask, generation, path, size) {
  const first = [generation, path, Math.ceil(size / BLOCK_SIZE)];
  const { upper } = keysOf(generation, path);
  ask(transaction.objectStore("blocks").delete(IDBKeyRange.bound(first, upper)));
}

/**
 * Put blocks beyond the ends that files have in the store. They do not count until those ends are moved,
 * and are deleted when the instance is next claimed if that never happens.
 *
 * @param {Store} store
 * @param {SavedInstance} record  of the instance that they belong to
 * @param {Array<{path: string, blocks: Array<[number, Uint8Array]>}>} ahead
 * @param {string[]} paths  all of which blocks will be put
 * @returns {Promise<boolean>} false if the instance is no longer this one's; then nothing was done
 */
export async function putAhead(store, { key, generation, owner }, ahead, paths) {
  return change(store, async (transaction, ask) => {
    const instances = transaction.objectStore("instances");
    const current = await instances.get(key);
    if (current?.generation !== generation || current.owner !== owner) return false;
    // What an earlier attempt has put there is still to be cleared away.
    const all = new Set([...(current.ahead ?? []), ...paths]);
    ask(instances.put({ ...current, ahead: [...all] }));
    for (const { path, blocks } of ahead) {
      for (const [index, bytes] of blocks) {
        ask(transaction.objectStore("blocks").put(bytes, [generation, path, index]));
      }
    }
    return true;
  });
}

/**
 * Name a saved instance. It may be running: its saver keeps the name that is in the store.
 *
 * @param {Store} store
 * @param {string} key
 * @param {string} title
 * @returns {Promise<boolean>} false if it is not saved
 */
export function renameInstance(store, key, title) {
  return change(
    store,
    async (transaction, ask) => {
      const instances = transaction.objectStore("instances");
      const stored = await instances.get(key);
      if (stored) ask(instances.put({ ...stored, title }));
      return stored !== undefined;
    },
    "strict",
  );
}

/**
 * Delete an instance from the store. It must not be running.
 *
 * @param {Store} store
 * @param {string} key
 * @param {string} [spared]  a generation whose contents stay until sweep(): nobody finds them, but
 *   bringBackInstance() can use them as long as somebody holds generationLock()
 * @returns {Promise<SavedInstance | undefined>} its record, if its contents are still there
 */
export function removeInstance(store, key, spared) {
  return change(
    store,
    async (transaction, ask) => {
      const stored = await transaction.objectStore("instances").get(key);
      ask(transaction.objectStore("instances").delete(key));
      if (!stored) return undefined;
      const { generation } = readableRecord(stored).record;
      if (generation === spared) return stored;
      deleteGeneration(transaction, ask, generation);
      return undefined;
    },
    "strict",
    ALL,
  );
}

/**
 * Undo removeInstance().
 *
 * @param {Store} store
 * @param {SavedInstance} record  as it returned it
 * @returns {Promise<boolean>} whether it is there: not if another one has its key, or its contents are gone
 */
export function bringBackInstance(store, record) {
  return change(
    store,
    async (transaction, ask) => {
      const instances = transaction.objectStore("instances");
      const range = keysOf(record.generation);
      const parts = await transaction.objectStore("files").count(range);
      const there = await instances.get(record.key);
      if (parts === 0 || there) return there?.generation === record.generation;
      ask(instances.put({ ...record, owner: "" }));
      return true;
    },
    "strict",
  );
}
