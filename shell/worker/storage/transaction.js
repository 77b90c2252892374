/**
 * One transaction in the store: every request in it takes effect, or none.
 *
 * How to make room when there is none, and try again, is in store-changes.js.
 */

import { keysOf } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("idb").IDBPTransaction<import("../../shared/saved-store.js").Schema, Array<"instances" | "files" | "blocks" | "replies">, "readwrite">} Transaction */
/** @typedef {(request: Promise<unknown>) => void} Ask  hands inTransaction() a request to wait for */

const STORES = /** @type {const} */ (["instances", "files", "blocks", "replies"]);

/**
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work  awaits nothing but requests
 * @param {"relaxed" | "strict"} [durability]  strict: on disk when this is settled, not only with the
 *   operating system
 * @returns {Promise<T>}
 * @throws what `work` throws, or why the transaction failed; nothing of it is stored then
 */
export async function inTransaction(store, work, durability = "relaxed") {
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
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 */
export function deleteGeneration(transaction, ask, generation) {
  for (const name of /** @type {const} */ (["files", "blocks", "replies"])) {
    ask(transaction.objectStore(name).delete(keysOf(generation)));
  }
}
