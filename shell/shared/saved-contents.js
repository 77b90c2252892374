/**
 * Reads the files of a saved instance: all at once, or as Blobs that take no memory.
 */

import { BLOCK_SIZE } from "./blocks.js";
import { LiteError } from "./errors.js";
import { keysOf, STORES } from "./saved-store.js";

/** @typedef {import("./saved-store.js").Store} Store */
/** @typedef {import("./saved-store.js").BaseDescription} BaseDescription */
/** @typedef {import("./saved-store.js").SavedBase} SavedBase */
/** @typedef {import("./saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("./saved-store.js").Schema} Schema */
/** @typedef {import("idb").IDBPTransaction<Schema, Array<"instances" | "files" | "blocks">>} Reading */
/** @typedef {Map<string, Blob>} Bases  the content of local ones, by id */
/** @typedef {{path: string, content: Blob}} SavedFile  path relative to the instance's folder */
/** @typedef {{path: string, size: number, base?: SavedBase}} ListedFile */

/**
 * A file whose blocks are read from where they are when something needs them.
 *
 * @typedef {object} SavedContent
 * @property {number} size
 * @property {SavedBase} [base]
 * @property {Blob} [blob]     its content, if it is a local one
 * @property {number[]} saved  indexes of the blocks that are in the store
 */

/** How many blocks are read at a time. */
const READ_AHEAD = 64;

/**
 * Read the files of a generation as they are at one moment.
 *
 * @param {Store} store
 * @param {string} generation
 * @param {object} [options]
 * @param {(bytes: number) => void} [options.onProgress]  bytes so far
 * @param {(path: string) => boolean} [options.isWanted]
 * @param {(file: ListedFile, all: ListedFile[]) => boolean} [options.isPaged]  whether only to find out where
 *   the blocks of a file are; always so if it has a base
 * @returns {Promise<Map<string, Uint8Array | SavedContent>>} by path
 * @throws {LiteError} something is missing
 */
export async function readFiles(store, generation, options = {}) {
  const { onProgress = () => {}, isWanted = () => true, isPaged = () => false } = options;
  /** @type {Map<string, any>} */
  const files = new Map();
  let done = 0;
  const bases = await basesOf(store, generation);
  const transaction = store.transaction(STORES);
  const all = (await listed(transaction, generation)).filter(({ path }) => isWanted(path));
  for (const file of all) {
    if (file.base || isPaged(file, all)) {
      files.set(file.path, await whereabouts(transaction, generation, file, bases));
      continue;
    }
    const bytes = new Uint8Array(file.size);
    files.set(file.path, bytes);
    for await (const { at, blocks } of portions(transaction, generation, file)) {
      for (const [index, block] of blocks.entries()) bytes.set(block, at + index * BLOCK_SIZE);
      for (const block of blocks) done += block.length;
      onProgress(done);
    }
  }
  return files;
}

/**
 * Read an instance as it is at one moment, as Blobs, so that it takes no memory: the browser keeps
 * large Blobs on disk.
 *
 * @param {Store} store
 * @param {string} key
 * @param {(path: string) => boolean} [isWanted]
 * @returns {Promise<{instance: SavedInstance, files: SavedFile[]}>}
 * @throws {LiteError} something is missing
 */
export async function readInstance(store, key, isWanted = () => true) {
  const bases = async () => basesOf(store, (await store.get("instances", key))?.generation ?? "");
  return withBases(bases, async (bases) => {
    const transaction = store.transaction(STORES);
    const instance = await transaction.objectStore("instances").get(key);
    if (!instance) throw new LiteError("This data is no longer saved.");
    const { generation } = instance;
    /** @type {SavedFile[]} */
    const files = [];
    for (const file of await listed(transaction, generation)) {
      if (!isWanted(file.path)) continue;
      const content = await asBlob(transaction, generation, file, bases);
      files.push({ path: file.path, content });
    }
    return { instance, files };
  });
}

/**
 * Read one file as it is at this moment, as readInstance() does.
 *
 * @param {Store} store
 * @param {string} generation
 * @param {string} path
 * @param {BaseDescription} [base]  that the file has
 * @returns {Promise<Blob | undefined>} undefined if it is not there, or one with another base is
 * @throws {LiteError} something is missing
 */
export async function readFile(store, generation, path, base) {
  return withBases(
    () => basesOf(store, generation),
    async (bases) => {
      const transaction = store.transaction(STORES);
      const found = await transaction.objectStore("files").get([generation, path]);
      if (!found || idOf(found.base) !== idOf(base)) return undefined;
      return asBlob(transaction, generation, { path, ...found }, bases);
    },
  );
}

/**
 * @param {BaseDescription} [base]
 * @returns {string} "" if it has none that is in the store
 */
function idOf(base) {
  return base?.kind === "local" ? base.id : "";
}

/**
 * Read files that may have bases. Those are found before the rest, so one that is added in between is
 * missing at first.
 *
 * @template T
 * @param {() => Promise<Bases>} find
 * @param {(bases: Bases) => Promise<T>} read
 * @returns {Promise<T>}
 */
async function withBases(find, read) {
  const bases = await find();
  try {
    return await read(bases);
  } catch (error) {
    const now = await find();
    if ([...now.keys()].every((id) => bases.has(id))) throw error;
    return read(now);
  }
}

/**
 * @param {Reading} transaction
 * @param {string} generation
 * @param {ListedFile} file
 * @param {Bases} bases
 * @returns {Promise<Blob>}
 */
async function asBlob(transaction, generation, file, bases) {
  const parts = file.base
    ? await partsOf(transaction, generation, { ...file, base: file.base }, bases)
    : await wholePartsOf(transaction, generation, file);
  return new Blob(parts);
}

/**
 * @param {Reading} transaction
 * @param {string} generation
 * @param {ListedFile} file
 * @returns {Promise<Blob[]>}
 */
async function wholePartsOf(transaction, generation, file) {
  const parts = [];
  for await (const { blocks } of portions(transaction, generation, file)) {
    parts.push(new Blob(/** @type {BlobPart[]} */ (blocks)));
  }
  return parts;
}

/**
 * @param {Reading} transaction
 * @param {string} generation
 * @param {ListedFile & {base: SavedBase}} file
 * @param {Bases} bases
 * @returns {Promise<Blob[]>} of the base, with the blocks that were changed in their places
 * @throws {LiteError} the base is not here
 */
async function partsOf(transaction, generation, file, bases) {
  const { path, size, base } = file;
  if (base.kind === "remote") throw elsewhere(path, base.url);
  const { blob, saved } = await whereabouts(transaction, generation, file, bases);
  const parts = [];
  let at = 0;
  const fillTo = (/** @type {number} */ end) => {
    if (at < end) parts.push(/** @type {Blob} */ (blob).slice(at, Math.min(end, base.end)));
    at = end;
  };
  const blocks = transaction.objectStore("blocks");
  for (const index of saved) {
    const block = await blocks.get([generation, path, index]);
    if (!block) throw incomplete(path);
    fillTo(index * BLOCK_SIZE);
    const end = Math.min(size, at + BLOCK_SIZE);
    parts.push(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (block.subarray(0, end - at))]));
    at = end;
  }
  fillTo(size);
  return parts;
}

/**
 * @param {Store} store
 * @param {string} generation
 * @returns {Promise<Bases>}
 */
async function basesOf(store, generation) {
  /** @type {Bases} */
  const found = new Map();
  for (const { base } of await store.getAll("files", keysOf(generation))) {
    if (base?.kind !== "local") continue;
    const content = new Blob(await store.getAll("bases", keysOf(generation, base.id)));
    if (content.size === base.size) found.set(base.id, content);
  }
  return found;
}

/**
 * @param {Reading} transaction
 * @param {string} generation
 * @param {ListedFile} file
 * @param {Bases} bases
 * @returns {Promise<SavedContent>}
 * @throws {LiteError} its base is missing
 */
async function whereabouts(transaction, generation, { path, size, base }, bases) {
  if (!base) {
    // All of them, so that nothing needs to be read.
    return { size, saved: Array.from({ length: Math.ceil(size / BLOCK_SIZE) }, (_, at) => at) };
  }
  const keys = await transaction.objectStore("blocks").getAllKeys(keysOf(generation, path));
  const saved = keys.map(([, , index]) => index).filter((index) => index * BLOCK_SIZE < size);
  if (base.kind === "remote") return { size, base, saved };
  const blob = bases.get(base.id);
  if (!blob) throw incomplete(path);
  return { size, base, blob, saved };
}

/**
 * The blocks of a file that are all in the store, a portion at a time.
 *
 * @param {Reading} transaction
 * @param {string} generation
 * @param {ListedFile} file
 * @returns {AsyncGenerator<{at: number, blocks: Uint8Array[]}, void, void>}
 * @throws {LiteError} something is missing
 */
async function* portions(transaction, generation, { path, size }) {
  for (let at = 0; at < size; at += READ_AHEAD * BLOCK_SIZE) {
    const first = at / BLOCK_SIZE;
    const last = Math.min(READ_AHEAD, Math.ceil((size - at) / BLOCK_SIZE)) - 1;
    const range = IDBKeyRange.bound([generation, path, first], [generation, path, first + last]);
    const blocks = await transaction.objectStore("blocks").getAll(range);
    if (blocks.length !== last + 1) throw incomplete(path);
    blocks[last] = blocks[last].subarray(0, size - at - last * BLOCK_SIZE);
    yield { at, blocks };
  }
}

/**
 * @param {Reading} transaction
 * @param {string} generation
 * @returns {Promise<ListedFile[]>}
 */
async function listed(transaction, generation) {
  const files = transaction.objectStore("files");
  const range = keysOf(generation);
  const [keys, values] = await Promise.all([files.getAllKeys(range), files.getAll(range)]);
  return keys.map(([, path], index) => ({ path, ...values[index] }));
}

/**
 * @param {string} path
 * @param {string} url
 * @returns {LiteError} for a file that cannot be had from the store alone
 */
function elsewhere(path, url) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return new LiteError(
    `${name} is read from ${url} block by block, so this browser has only parts of it.`,
    {
      hint:
        "Download the file from that address; changes that were made here are not in it. To work with a " +
        "database that can be exported, put range=0 after its address in the link.",
      source: url,
    },
  );
}

/**
 * @param {string} path
 * @returns {LiteError}
 */
export function incomplete(path) {
  return new LiteError(`This saved data is damaged: parts of ${path} are missing.`, {
    hint:
      "The browser may have removed them because it ran out of space. Delete the data on the page “Saved " +
      "data”, then open its link again.",
  });
}
