/**
 * New generations of saved instances: written in several transactions, the last of which makes them count,
 * and deleted if that never happens.
 *
 * Several workers, of several versions of the site, use one store. So a worker holds a lock named after
 * the generation that it writes, and only generations whose lock is free are deleted. Before a generation
 * counts, its files and blocks are counted, since a worker of an older version may know nothing of locks.
 */

import { change } from "./store-changes.js";
import { ALL, deleteGeneration, inTransaction } from "./transaction.js";
import { alone, generationLock, ifFree } from "../../shared/locks.js";
import { keysOf } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("./transaction.js").Transaction} Transaction */

/** How often a generation is written before it is given up because parts keep vanishing. */
const ATTEMPTS = 3;

/** Parts of a generation are gone that were stored before. */
class PartsMissing extends Error {
  name = "PartsMissing";
}

/**
 * Write a new generation.
 *
 * @template T
 * @param {Store} store
 * @param {(generation: string) => Promise<T>} write  writes all of it, and calls checkWhole() in the
 *   transaction that makes it count; called again, for another generation, if that finds parts missing
 * @returns {Promise<T>}
 */
export async function writeGeneration(store, write) {
  for (let attempt = 1; ; attempt++) {
    const generation = crypto.randomUUID();
    try {
      return await alone(generationLock(generation), async () => {
        try {
          return await write(generation);
        } catch (error) {
          await discard(store, generation);
          throw error;
        }
      });
    } catch (error) {
      if (!(error instanceof PartsMissing) || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * @param {Transaction} transaction
 * @param {string} generation
 * @param {{files: number, blocks: number}} expected  how many there should be
 * @throws {PartsMissing}
 */
export async function checkWhole(transaction, generation, expected) {
  const [files, blocks] = await Promise.all([
    transaction.objectStore("files").count(keysOf(generation)),
    transaction.objectStore("blocks").count(keysOf(generation)),
  ]);
  if (files === expected.files && blocks === expected.blocks) return;
  throw new PartsMissing(
    `${files} of ${expected.files} files and ${blocks} of ${expected.blocks} blocks are there.`,
  );
}

/**
 * Delete what interrupted saves and deletions have left behind.
 *
 * @param {Store} store
 */
export async function sweep(store) {
  for (const generation of await strayGenerations(store)) {
    await ifFree(generationLock(generation), () =>
      change(
        store,
        async (transaction, ask) => {
          // It may have come to count since.
          const instances = await transaction.objectStore("instances").getAll();
          if (instances.some((instance) => instance.generation === generation)) return;
          deleteGeneration(transaction, ask, generation);
        },
        "relaxed",
        ALL,
      ),
    );
  }
}

/**
 * @param {Store} store
 * @returns {Promise<string[]>} generations that no record names
 */
async function strayGenerations(store) {
  const transaction = store.transaction(["instances", "files", "bases"]);
  const instances = await transaction.objectStore("instances").getAll();
  const current = new Set(instances.map(({ generation }) => generation));
  /** @type {Set<string>} */
  const found = new Set();
  // A base is stored before the file that it belongs to.
  for (const name of /** @type {const} */ (["files", "bases"])) {
    let cursor = await transaction.objectStore(name).openKeyCursor();
    while (cursor) {
      const [generation] = cursor.key;
      found.add(generation);
      cursor = await cursor.continue(keysOf(generation).upper);
    }
  }
  return [...found].filter((generation) => !current.has(generation));
}

/**
 * @param {Store} store
 * @param {string} generation  that does not count
 */
async function discard(store, generation) {
  await inTransaction(
    store,
    (transaction, ask) => deleteGeneration(transaction, ask, generation),
    "relaxed",
    ALL,
  ).catch(
    () => {}, // the next worker sweeps it away
  );
}
