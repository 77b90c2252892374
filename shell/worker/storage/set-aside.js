/**
 * Removes one database from what a saved instance opens, without opening the instance, because the
 * database keeps it from starting.
 */

import { change } from "./store-changes.js";
import { BLOCK_SIZE, PORTION } from "../../shared/blocks.js";
import { LiteError } from "../../shared/errors.js";
import { JOURNALS, keysOf, SET_ASIDE } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {Store} store
 * @param {string} key  of an instance that is not running
 * @param {string} path  of the database
 * @param {boolean} keep  whether it stays among what is saved, where a start does not look
 * @returns {Promise<void>}
 * @throws {LiteError} it is not saved
 */
export async function setAside(store, key, path, keep) {
  const record = await store.get("instances", key);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!record || !(await store.get("files", [record.generation, path]))) {
    throw new LiteError(`${name} is no longer saved.`, {
      hint: "Load the page again to see what is.",
    });
  }
  /** @type {Array<{from: string, to: string}>} */
  const moves = [];
  const target = await freePath(store, record, name);
  for (const suffix of ["", ...JOURNALS]) {
    const from = path + suffix;
    if (!(await store.get("files", [record.generation, from]))) continue;
    moves.push({ from, to: target + suffix });
  }
  if (keep) await copyBlocks(store, record, moves);
  await change(
    store,
    async (transaction, ask) => {
      const files = transaction.objectStore("files");
      for (const { from, to } of moves) {
        const file = await files.get([record.generation, from]);
        if (keep && file) ask(files.put(file, [record.generation, to]));
        ask(files.delete([record.generation, from]));
        ask(transaction.objectStore("blocks").delete(keysOf(record.generation, from)));
      }
      ask(transaction.objectStore("instances").put({ ...record, owner: "", ahead: [] }));
    },
    "strict",
  );
}

/**
 * @param {Store} store
 * @param {SavedInstance} record
 * @param {string} name  such as "x.db"
 * @returns {Promise<string>} where nothing has been set aside yet
 */
async function freePath(store, { generation }, name) {
  const stem = name.replace(/\.db$/, "");
  for (let count = 0; ; count += 1) {
    const path = `${SET_ASIDE}${stem}${count === 0 ? "" : `_${count}`}.db`;
    if (!(await store.get("files", [generation, path]))) return path;
  }
}

/**
 * Copy the blocks of files, some at a time. They do not count until the files are there, and are cleared
 * away if that never happens: the record lists them as written ahead.
 *
 * @param {Store} store
 * @param {SavedInstance} record
 * @param {Array<{from: string, to: string}>} moves
 */
async function copyBlocks(store, record, moves) {
  const { generation } = record;
  const ahead = moves.map(({ to }) => to);
  await change(store, (transaction, ask) => {
    ask(transaction.objectStore("instances").put({ ...record, owner: "", ahead }));
    for (const { to } of moves) {
      ask(transaction.objectStore("files").delete([generation, to]));
      ask(transaction.objectStore("blocks").delete(keysOf(generation, to)));
    }
  });
  const step = PORTION / BLOCK_SIZE;
  for (const { from, to } of moves) {
    /** @type {number | undefined} */
    let first = 0;
    while (first !== undefined) {
      const begin = [generation, from, first];
      first = await change(store, async (transaction, ask) => {
        const blocks = transaction.objectStore("blocks");
        const range = IDBKeyRange.bound(begin, keysOf(generation, from).upper);
        const [keys, contents] = await Promise.all([
          blocks.getAllKeys(range, step),
          blocks.getAll(range, step),
        ]);
        // Of a file with a base, not all blocks are there.
        keys.forEach(([, , index], at) => ask(blocks.put(contents[at], [generation, to, index])));
        return keys.length < step ? undefined : keys[step - 1][2] + 1;
      });
    }
  }
}
