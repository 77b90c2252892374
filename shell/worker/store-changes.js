/**
 * What is done to the store, each in one transaction: all of it or nothing.
 *
 * Responsible for how files, blocks and records are put there and deleted; their form is
 * shared/saved-store.js's knowledge, and what a running instance saves, and when, is saver.js's.
 */

import { deleteImages } from "./image-store.js";
import manifest from "./manifest.js";
import { isForWantOfRoom, notSaved } from "./refusals.js";
import { checkedImport } from "./trust/imported-instance.js";
import { BLOCK_SIZE } from "../shared/blocks.js";
import { readableRecord } from "../shared/saved-record.js";
import { keysOf, STATE_FORMAT } from "../shared/saved-store.js";

/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {import("./watched-files.js").Changes} Changes */
/** @typedef {import("idb").IDBPTransaction<import("../shared/saved-store.js").Schema, Array<"instances" | "files" | "blocks" | "replies">, "readwrite">} Transaction */

const STORES = /** @type {const} */ (["instances", "files", "blocks", "replies"]);

/** Bytes that a save in several transactions has in memory at a time. */
export const PORTION = 8 * 1024 * 1024;

/** @typedef {(request: Promise<unknown>) => void} Ask  tells change() of a request */

/**
 * Change the store in one transaction: all that is asked for, or nothing.
 *
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work  awaits nothing but requests;
 *   done a second time if there was no room the first time
 * @param {"relaxed" | "strict"} [durability]  strict: on disk when this is settled, not only with the
 *   operating system
 * @returns {Promise<T>}
 */
export async function change(store, work, durability = "relaxed") {
  try {
    return await attempt(store, work, durability);
  } catch (error) {
    // Images of Python's memory only save time: they give way to data.
    const isRoomMade = isForWantOfRoom(error) && (await deleteImages(store).catch(() => false));
    if (!isRoomMade) throw error;
    return attempt(store, work, durability);
  }
}

/**
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work
 * @param {"relaxed" | "strict"} durability
 * @returns {Promise<T>}
 */
async function attempt(store, work, durability) {
  const transaction = store.transaction([...STORES], "readwrite", { durability });
  const { done } = transaction;
  done.catch(() => {});
  /** @type {Array<Promise<unknown>>} */
  const requests = [];
  try {
    const result = await work(transaction, (request) => {
      request.catch(() => {});
      requests.push(request);
    });
    // Else the browser waits for each request's answer to be heard.
    transaction.commit();
    await Promise.all([...requests, done]);
    return result;
  } catch (error) {
    try {
      transaction.abort(); // what was asked for so far must not count without the rest
    } catch {
      // It has ended already.
    }
    await done.catch(() => {});
    // What ended the transaction says more than what its end did to the requests.
    throw transaction.error ?? error;
  }
}

/**
 * Go on with an instance that is saved. Whoever saved it until now no longer can: a worker that an
 * update of the site replaces may still be at it.
 *
 * @param {Store} store
 * @param {string} key
 * @param {string} owner  names who will save it
 * @returns {Promise<SavedInstance | undefined>} undefined if it is not saved
 */
export async function claim(store, key, owner) {
  try {
    return await change(store, async (transaction, ask) => {
      const instances = transaction.objectStore("instances");
      const saved = await instances.get(key);
      if (!saved) return undefined;
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
    // Without room for a name, the one that is there is used on: reading must work.
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
 * @param {import("../shared/errors.js").WireError[]} [more.problems]
 * @returns {SavedInstance} of an instance that is not saved yet
 */
export function newRecord(key, sources, owner, { generation = "", problems = [] } = {}) {
  const now = Date.now();
  return {
    ...{ key, sources, problems, generation, owner, format: STATE_FORMAT, build: manifest.version },
    ...{ createdAt: now, usedAt: now, size: 0, edited: false },
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
  for (const { path, size, before, blocks: changed } of changes.files) {
    if (size < before) deleteBeyond(transaction, ask, generation, path, size);
    ask(files.put({ size }, [generation, path]));
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
    ask(instances.put({ ...current, ahead: paths }));
    for (const { path, blocks } of ahead) {
      for (const [index, bytes] of blocks) {
        ask(transaction.objectStore("blocks").put(bytes, [generation, path, index]));
      }
    }
    return true;
  });
}

/**
 * Delete what interrupted saves and deletions have left behind.
 *
 * @param {Store} store
 */
export async function sweep(store) {
  await change(store, async (transaction, ask) => {
    const instances = await transaction.objectStore("instances").getAll();
    const current = new Set(instances.map(({ generation }) => generation));
    let cursor = await transaction.objectStore("files").openKeyCursor();
    while (cursor) {
      const [generation] = cursor.key;
      if (!current.has(generation)) deleteGeneration(transaction, ask, generation);
      cursor = await cursor.continue(keysOf(generation).upper);
    }
  });
}

/**
 * Delete an instance from the store. It must not be running.
 *
 * @param {Store} store
 * @param {string} key
 */
export async function removeInstance(store, key) {
  await change(
    store,
    async (transaction, ask) => {
      const stored = await transaction.objectStore("instances").get(key);
      if (stored) deleteGeneration(transaction, ask, readableRecord(stored).record.generation);
      ask(transaction.objectStore("instances").delete(key));
    },
    "strict",
  );
}

/**
 * Save files that come from elsewhere as an instance, which must not be running.
 *
 * @param {Store} store
 * @param {SavedInstance} offered  its key may be taken; its generation does not matter
 * @param {Array<{path: string, content: Blob}>} folder
 * @returns {Promise<string[]>} paths of files that were left out; see trust/imported-instance.js
 * @throws {LiteError} it is malformed, or there is no room
 */
export async function saveCopy(store, offered, folder) {
  const { instance, files, leftOut } = await checkedImport(offered, folder);
  const generation = crypto.randomUUID();
  try {
    for (const { path, content } of files) {
      for (let at = 0; at < Math.max(content.size, 1); at += PORTION) {
        const portion = new Uint8Array(await content.slice(at, at + PORTION).arrayBuffer());
        const blocks = cut(portion, at / BLOCK_SIZE);
        const file = { path, size: content.size, before: 0, blocks };
        const changes = { removed: [], files: [file], bytes: portion.length };
        await change(store, (transaction, ask) => {
          putChanges(transaction, ask, generation, changes);
        });
      }
    }
    await change(
      store,
      async (transaction, ask) => {
        const instances = transaction.objectStore("instances");
        const before = await instances.get(instance.key);
        ask(instances.put({ ...instance, generation, owner: "" }));
        if (before) deleteGeneration(transaction, ask, before.generation);
      },
      "strict",
    );
  } catch (error) {
    await discard(store, generation);
    throw notSaved(error, "copy");
  }
  return leftOut;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} first  index of the block that they begin with
 * @returns {Array<[number, Uint8Array]>}
 */
function cut(bytes, first) {
  const count = Math.ceil(bytes.length / BLOCK_SIZE);
  return Array.from({ length: count }, (_, index) => [
    first + index,
    bytes.slice(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE),
  ]);
}

/**
 * @param {Store} store
 * @param {string} generation  that does not count
 */
export async function discard(store, generation) {
  await change(store, (transaction, ask) => deleteGeneration(transaction, ask, generation)).catch(
    () => {}, // the next run sweeps it away
  );
}

/**
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 */
export function deleteGeneration(transaction, ask, generation) {
  for (const name of /** @type {const} */ (["files", "blocks", "replies"])) {
    ask(transaction.objectStore(name).delete(keysOf(generation)));
  }
}
