/**
 * Saves files that come from elsewhere, such as an import, as an instance.
 */

import { checkWhole, writeGeneration } from "./generations.js";
import { notSaved } from "./save-errors.js";
import { change, putChanges } from "./store-changes.js";
import { ALL, deleteGeneration } from "./transaction.js";
import { BLOCK_SIZE, PORTION } from "../../shared/blocks.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-contents.js").SavedFile} SavedFile */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * Save files as an instance, which must not be running.
 *
 * @param {Store} store
 * @param {SavedInstance} instance  its key may be taken; its generation does not matter
 * @param {SavedFile[]} files  with different paths
 * @returns {Promise<void>}
 * @throws {LiteError} there is no room
 */
export async function saveCopy(store, instance, files) {
  try {
    await writeGeneration(store, (generation) => saveAs(store, generation, instance, files));
  } catch (error) {
    throw notSaved(error, "copy");
  }
}

/**
 * @param {Store} store
 * @param {string} generation
 * @param {SavedInstance} instance
 * @param {SavedFile[]} files
 */
async function saveAs(store, generation, instance, files) {
  const expected = { files: files.length, blocks: 0 };
  for (const { path, content } of files) {
    expected.blocks += Math.ceil(content.size / BLOCK_SIZE);
    for (let at = 0; at < Math.max(content.size, 1); at += PORTION) {
      const portion = new Uint8Array(await content.slice(at, at + PORTION).arrayBuffer());
      const blocks = cut(portion, at / BLOCK_SIZE);
      const file = { path, size: content.size, before: 0, blocks };
      const changes = { removed: [], files: [file] };
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
      await checkWhole(transaction, generation, expected);
      // Its link may bring something else than what is in the copy.
      ask(instances.put({ ...instance, generation, owner: "", refetchable: false }));
      if (before) deleteGeneration(transaction, ask, before.generation);
    },
    "strict",
    ALL,
  );
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
