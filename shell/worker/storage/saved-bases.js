/**
 * Keeps copies of the person's files in the store, as the bases of saved files (local-base.js).
 *
 * A copy is stored before the file that it belongs to, in pieces, so that nobody else has to wait long for
 * the store. The browser makes it without bringing it into memory. Copies that no file needs, because that was
 * interrupted or the file was deleted since, are deleted when the instance is next claimed or saved.
 */

import { LocalBase } from "./local-base.js";
import { gone } from "./save-errors.js";
import { change } from "./store-changes.js";
import { hostedId, keysOf } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("./paged-content.js").Base} Base */

/** Bytes of a piece, for which a disk takes some tenths of a second. */
const PIECE = 64 * 1024 * 1024;

/**
 * @param {Base[]} bases
 * @param {string} generation
 * @returns {boolean} whether some of them have to be stored
 */
export function areNew(bases, generation) {
  return bases.some((base) => base instanceof LocalBase && base.generation !== generation);
}

/**
 * @param {Store} store
 * @returns {Promise<boolean>} whether the browser stores Blobs; WebKit does not in a private window
 */
export async function canStoreBlobs(store) {
  try {
    const transaction = store.transaction("bases", "readwrite");
    transaction.done.catch(() => {}); // it is aborted
    await transaction.store.put(new Blob(["x"]), ["", "probe", 0]);
    transaction.abort();
    return true;
  } catch (error) {
    return !(error instanceof Error) || error.name !== "DataCloneError";
  }
}

/**
 * Store those bases that are not in the store yet, and read them from there from now on.
 *
 * @param {Store} store
 * @param {string} generation
 * @param {Base[]} bases
 * @param {(done: number, total: number) => void} onProgress  called with bytes
 * @returns {Promise<void>} settled when they are there, to stay
 */
export async function storeBases(store, generation, bases, onProgress) {
  for (const base of bases) {
    if (!(base instanceof LocalBase) || base.generation === generation) continue;
    const { blob, size } = base;
    const { id } = base.description;
    for (let at = 0; at < size; at += PIECE) {
      onProgress(at, size);
      const piece = blob.slice(at, at + PIECE);
      await change(
        store,
        (transaction, ask) =>
          ask(transaction.objectStore("bases").put(piece, [generation, id, at / PIECE])),
        "strict",
        ["bases"],
      );
    }
    const stored = new Blob(await store.getAll("bases", keysOf(generation, id)));
    if (stored.size !== size) throw gone();
    base.blob = stored;
    base.generation = generation;
    onProgress(size, size);
  }
}

/**
 * @param {Store} store
 * @param {string} generation
 * @param {Iterable<string>} [coming]  ids of those that a file is about to need
 * @returns {Promise<void>} settled when no bases are there that no file needs
 */
export async function dropBases(store, generation, coming = []) {
  if ((await store.count("bases", keysOf(generation))) === 0) return;
  await change(
    store,
    async (transaction, ask) => {
      const files = await transaction.objectStore("files").getAll(keysOf(generation));
      const needed = [
        ...files.map(({ base }) => (base?.kind === "local" ? base.id : hostedId(base))),
        ...coming,
      ];
      const bases = transaction.objectStore("bases");
      for (const key of await bases.getAllKeys(keysOf(generation))) {
        if (!needed.includes(key[1])) ask(bases.delete(key));
      }
    },
    "relaxed",
    ["files", "bases"],
  );
}
