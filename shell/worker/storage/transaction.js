/**
 * One transaction in the store: every request in it takes effect, or none.
 *
 * How to make room when there is none, and try again, is in store-changes.js.
 */

import { keysOf } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("idb").IDBPTransaction<import("../../shared/saved-store.js").Schema, StoreName[], "readwrite">} Transaction */
/** @typedef {"instances" | "files" | "blocks" | "replies" | "bases"} StoreName */
/** @typedef {(request: Promise<unknown>) => void} Ask  hands inTransaction() a request to wait for */

/** What a change concerns as a rule. Storing a base takes long, and other workspaces must not wait for it. */
const MOST = /** @type {StoreName[]} */ (["instances", "files", "blocks", "replies"]);

/** What a change concerns that deletes a generation. */
export const ALL = /** @type {StoreName[]} */ ([...MOST, "bases"]);

/** What an instance has that is not in its record. */
const PARTS = /** @type {const} */ (["files", "blocks", "replies", "bases"]);

/**
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work  awaits nothing but requests
 * @param {"relaxed" | "strict"} [durability]  strict: on disk when this is settled, not only with the
 *   operating system
 * @param {StoreName[]} [stores]  what the transaction is about; others that are about it, too, wait
 * @returns {Promise<T>}
 * @throws what `work` throws, or why the transaction failed; nothing of it is stored then
 */
export async function inTransaction(store, work, durability = "relaxed", stores = MOST) {
  const transaction = store.transaction(stores, "readwrite", { durability });
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
      transaction.abort(); // the requests so far must not count without the rest
    } catch {
      // It has ended already.
    }
    await done.catch(() => {});
    // What ended the transaction says more than what its end did to the requests.
    throw transaction.error ?? error;
  }
}

/**
 * @param {Transaction} transaction  about ALL
 * @param {Ask} ask
 * @param {string} generation
 */
export function deleteGeneration(transaction, ask, generation) {
  for (const name of PARTS) {
    ask(transaction.objectStore(name).delete(keysOf(generation)));
  }
}
