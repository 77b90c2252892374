/**
 * Downloads a file on a host into the store, so that it takes the place of the file on the host.
 *
 * The copy comes in pieces, so that little of it is in memory. It counts once a file's record names it, and is
 * deleted when the instance is next claimed or saved if that never happens (saved-bases.js).
 */

import { LocalBase } from "./local-base.js";
import { gone } from "./save-errors.js";
import { change } from "./store-changes.js";
import { keysOf } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("./paged-content.js").Base} Base */

/**
 * @typedef {object} CopyWatch
 * @property {(done: number, total: number) => void} onProgress  called with bytes
 * @property {() => void} check  throws once the person has cancelled, or the workspace is being closed
 */

/** Bytes of a request, and how many are made at a time. */
const PORTION = 2 * 1024 * 1024;
const AT_A_TIME = 4;

/**
 * @param {Store} store
 * @param {string} generation
 * @param {string} id  for the copy
 * @param {Base} base  on a host
 * @param {CopyWatch} watch
 * @returns {Promise<LocalBase>} which is in the store, to stay if a record names it
 * @throws {import("../../shared/errors.js").LiteError} it cannot be read, or what `watch.check` throws
 */
export async function copyToStore(store, generation, id, base, { onProgress, check }) {
  const { size } = base;
  let done = 0;
  const onRead = (/** @type {number} */ bytes) => onProgress((done += bytes), size);
  onRead(0);
  for (let at = 0, piece = 0; at < size; piece++) {
    check();
    const content = new Blob(await portionsOf(base, at, onRead));
    await change(
      store,
      (transaction, ask) =>
        ask(transaction.objectStore("bases").put(content, [generation, id, piece])),
      "strict",
      ["bases"],
    );
    at += content.size;
  }
  // What was read before the file has changed on its host must not count.
  await base.verify();
  check();
  const blob = new Blob(await store.getAll("bases", keysOf(generation, id)));
  if (blob.size !== size) throw gone();
  const local = new LocalBase({ kind: "local", id, name: nameOf(base), size }, blob);
  local.generation = generation;
  return local;
}

/**
 * @param {Base} base
 * @returns {string} of the file
 */
function nameOf({ description }) {
  if (description.kind === "local") return description.name;
  const { pathname, host } = new URL(description.url);
  return pathname.slice(pathname.lastIndexOf("/") + 1) || host;
}

/**
 * @param {Base} base
 * @param {number} at
 * @param {(bytes: number) => void} onRead
 * @returns {Promise<Uint8Array<ArrayBuffer>[]>} what comes next, which several requests get at a time
 */
function portionsOf(base, at, onRead) {
  const starts = Array.from({ length: AT_A_TIME }, (_, index) => at + index * PORTION);
  const portions = starts
    .filter((start) => start < base.size)
    .map(async (start) => {
      const bytes = await base.read(start, Math.min(base.size, start + PORTION));
      onRead(bytes.length);
      return /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
    });
  return Promise.all(portions);
}
