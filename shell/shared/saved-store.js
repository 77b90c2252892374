/**
 * Reads what is saved in this browser: defines the IndexedDB database and its records.
 *
 * An instance's folder of files is saved as blocks of one size. All of them belong to a generation, and
 * the instance's record names the current one, so a generation is complete once a record names it;
 * others are leftovers of interrupted saves. Only the worker writes (shell/worker/storage/saver.js);
 * pages only read.
 *
 * https://w3c.github.io/IndexedDB/
 */

import { openDB } from "idb";
import { BLOCK_SIZE } from "./blocks.js";
import { LiteError, OUTDATED } from "./errors.js";
import { STATE } from "./imported-paths.js";
import { readableRecord } from "./saved-record.js";

/**
 * The newest format of a saved workspace that this version of the site reads. Older versions leave alone what
 * is newer than theirs.
 */
export const STATE_FORMAT = 3;

/** The format of a workspace all of whose blocks are in the store. */
export const WHOLE_FORMAT = 2;

/** Before this format, the internal database of an import was saved as it came. */
export const INTERNAL_CHECKED = 2;

/** Where the databases are in an instance's folder; engine/folder.py lays it out. */
export const DATABASES = "databases/";

/** Folder for databases that are kept, but neither opened nor read at a start. */
export const SET_ASIDE = "set-aside/";

/** Where an app's code is, in one file as it was fetched (engine/apps/code.py). */
export const APP_CODE = "app/";

/** An app's home directory, where its own files are. */
export const HOME = "home/";

/**
 * The folders that hold people's work: what is written there makes a workspace “edited”. They are
 * part of the layout, since pages read it without Python.
 */
export const WORK = [DATABASES, HOME];

/** What SQLite appends to a database's name for its journals. */
export const JOURNALS = ["-journal", "-wal"];

/**
 * Version of the store. An older version of the site that finds a newer number touches nothing (openStore):
 * raise it for any change that an older worker must not write into.
 */
export const SCHEMA_VERSION = 4;

/** How many blocks are read at a time. */
const READ_AHEAD = 64;

/**
 * Where a source's data came from, to find out later whether there is newer data.
 *
 * @typedef {object} SavedSource
 * @property {string} parameter   the link's: "url", "csv", …
 * @property {string} url         absolute
 * @property {string} etag        "" if the host does not send it
 * @property {string} lastModified  as the host wrote it, "" if it does not send it
 * @property {number} size        bytes
 * @property {string} sha256      of the content, in hexadecimal
 * @property {number} loadedAt    ms since 1970; 0 if it could not be fetched
 */

/**
 * @typedef {object} SavedInstance
 * @property {string} key         "" is the default instance
 * @property {string} generation
 * @property {string} owner       names the Saver that may write to it, "" if none does
 * @property {number} format      STATE_FORMAT if a file has a base, otherwise WHOLE_FORMAT; older builds wrote
 *   less
 * @property {string} build       version of that build
 * @property {string} [title]     the workspace's name, if it has one: a person's, or made from their files
 * @property {number} createdAt   ms since 1970
 * @property {number} usedAt      ms since 1970
 * @property {number} size        bytes in all files
 * @property {boolean} edited     whether the databases differ from their sources
 * @property {boolean} [refetchable]  whether its link restores all of it: nothing was changed, added or
 *   imported
 * @property {SavedSource[]} sources
 * @property {import("./errors.js").WireError[]} [problems]  of the sources that could not be opened
 * @property {"import"} [origin]  where it is from, if not from its link: an imported file, which is the
 *   only evidence of where its data and packages are from
 * @property {string[]} [ahead]   paths of files that may have extra blocks, which don't count
 */

/**
 * @typedef {object} SavedReply  the answer to an unsafe request, kept until it has surely been delivered
 * @property {string} fingerprint  of the request
 * @property {string} run         names the run of the worker that gave it
 * @property {number} at          ms since 1970
 * @property {number} status
 * @property {string} headers     JSON: a list of pairs
 * @property {Uint8Array} body
 */

/**
 * A person's decisions about code that the site does not ship, for one instance. They are not exported:
 * a copy of an instance asks again.
 *
 * @typedef {object} Decision
 * @property {string} key
 * @property {string[]} allowed  ids of items, see idOf in shell/worker/trust/consent.js
 * @property {string[]} refused
 * @property {boolean} [paused]  whether the person wants to start without the allowed code
 * @property {number} [unfinished]  starts with the allowed code that have not finished
 */

/**
 * The work that stopped a workspace's Python, or that is in progress and may do so
 * (shell/worker/instance/crash-guard.js).
 *
 * @typedef {object} GuardRecord
 * @property {string} key
 * @property {GuardedWork[]} loads
 */

/**
 * @typedef {object} GuardedWork
 * @property {string} address      identifies it: path and query of a page; method, path and digest of another
 *   request; or what the work was, in words. A digest of that in a workspace that saves nothing
 * @property {number} at           ms since 1970: when it last began
 * @property {number} interrupted  how often in a row the worker stopped in the middle of it
 * @property {"running" | "interrupted" | "blocked"} state  blocked: it is not run again unasked
 * @property {boolean} [isSlow]    whether it may take minutes
 * @property {string} [reason]     the error that ended Python, unless the browser ended it
 */

/**
 * The record of an image of Python's memory; see shell/worker/runtime/snapshot/store.js.
 *
 * @typedef {object} SavedImage
 * @property {string} key      identifies the Python
 * @property {string} version  of the site
 * @property {number} size     bytes of its content, 0 if that was deleted because it did not work
 * @property {string} sha256   of its content
 * @property {string} usedBy   names the run of the worker that is starting from it, "" if none is
 * @property {number} usedAt   ms since 1970
 * @property {number} failures in a row
 * @property {number} exercises  starts that have done their warm-up (warm-up.js)
 * @property {boolean} needsRest  whether a start from it needed the rest of Python
 */

/**
 * Where the blocks of a file are that are not in the store: a file on a host, which must not change.
 *
 * @typedef {object} BaseDescription
 * @property {"remote"} kind
 * @property {string} url      absolute, as in the link
 * @property {number} size     bytes
 * @property {string} etag     "" if the host sends none or hides it
 * @property {string} lastModified  the same
 * @property {string} head     of a host that shows neither: the first 100 bytes, in hexadecimal
 */

/** @typedef {BaseDescription & {end: number}} SavedBase  end: bytes of it that still count */

/**
 * @typedef {object} SavedContent
 * @property {number} size
 * @property {SavedBase} base
 * @property {Map<number, Uint8Array>} blocks  those that differ from the base, by index
 */

/**
 * Keys of files are [generation, path], of blocks [generation, path, index], of replies
 * [generation, fingerprint, id]; paths are relative to the instance's folder.
 *
 * @typedef {object} Schema
 * @property {{key: string, value: SavedInstance}} instances
 * @property {{key: [string, string], value: {size: number, base?: SavedBase}}} files
 * @property {{key: [string, string, number], value: Uint8Array}} blocks
 * @property {{key: [string, string, string], value: SavedReply}} replies
 * @property {{key: string, value: Decision}} decisions
 * @property {{key: string, value: GuardRecord}} guards
 * @property {{key: string, value: SavedImage}} images
 * @property {{key: string, value: Blob}} imageContents
 */

/** @typedef {import("idb").IDBPDatabase<Schema>} Store */
/** @typedef {{path: string, content: Blob}} SavedFile  path relative to the instance's folder */

/**
 * @typedef {object} Listing
 * @property {SavedInstance} instance
 * @property {string[]} faults  fields of its record that are damaged and had to be replaced
 * @property {Array<{path: string, size: number}>} files
 * @property {string[]} own       names of the files from the person's computer that are open in it
 */

/** The stores needed to read an instance. */
const STORES = /** @type {Array<"instances" | "files" | "blocks">} */ ([
  "instances",
  "files",
  "blocks",
]);

/**
 * @param {URL} siteRoot  each site on an origin has a store of its own
 * @param {() => void} [onClose]  called when it can no longer be used and must be opened again
 * @returns {Promise<Store>}
 * @throws {LiteError} the browser does not let this page or worker store data; named OUTDATED if a newer
 *   version of the site has changed the store
 */
export async function openStore(siteRoot, onClose = () => {}) {
  try {
    return await openDB(`datasette-lite ${siteRoot.pathname}`, SCHEMA_VERSION, {
      upgrade(store, before) {
        if (before < 1) {
          store.createObjectStore("instances", { keyPath: "key" });
          for (const name of /** @type {const} */ (["files", "blocks", "replies"])) {
            store.createObjectStore(name);
          }
        }
        if (before < 2) store.createObjectStore("decisions", { keyPath: "key" });
        if (before < 3) {
          store.createObjectStore("images", { keyPath: "key" });
          store.createObjectStore("imageContents");
        }
        store.createObjectStore("guards", { keyPath: "key" });
      },
      // A newer build wants to change the schema, or the person deletes the data.
      blocking(_current, _blocked, event) {
        /** @type {IDBDatabase} */ (event.target).close();
        onClose();
      },
      terminated: onClose,
    });
  } catch (cause) {
    if (cause instanceof Error && cause.name === "VersionError") throw newerSite();
    throw new LiteError("This browser does not let the site save anything.", {
      hint:
        "Private windows and settings that block site data cause this. Everything works, but changes are " +
        "lost when the browser stops the site’s worker; download what you want to keep.",
      traceback: String(cause),
      cause,
    });
  }
}

/** @returns {LiteError} for data saved by a newer version of the site, which this one must not touch */
export function newerSite() {
  return new LiteError("A newer version of this site has saved data in this browser.", {
    hint:
      "This older version leaves it alone, so that nothing is damaged. Load the page again to get the " +
      "newer one; if you still see this, close all tabs of this site and open it again.",
    name: OUTDATED,
  });
}

/**
 * All keys that begin with the given parts.
 *
 * @param {...string} parts
 * @returns {IDBKeyRange}
 */
export function keysOf(...parts) {
  // IndexedDB sorts arrays after all strings and numbers.
  return IDBKeyRange.bound(parts, [...parts, []]);
}

/**
 * Read all files of a generation as they are at one moment.
 *
 * @param {Store} store
 * @param {string} generation
 * @param {(bytes: number) => void} [onProgress]  bytes so far
 * @param {(path: string) => boolean} [isWanted]
 * @returns {Promise<Map<string, Uint8Array | SavedContent>>} by path
 * @throws {LiteError} something is missing
 */
export async function readFiles(store, generation, onProgress = () => {}, isWanted = () => true) {
  /** @type {Map<string, any>} */
  const files = new Map();
  let done = 0;
  const transaction = store.transaction(STORES);
  for await (const [path, content] of basedFiles(transaction, generation, isWanted)) {
    files.set(path, content);
  }
  for await (const { path, size, at, blocks } of portions(transaction, generation, isWanted)) {
    const bytes = files.get(path) ?? new Uint8Array(size);
    files.set(path, bytes);
    for (const [index, block] of blocks.entries()) bytes.set(block, at + index * BLOCK_SIZE);
    for (const block of blocks) done += block.length;
    onProgress(done);
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
  const transaction = store.transaction(STORES);
  const instance = await transaction.objectStore("instances").get(key);
  if (!instance) throw new LiteError("This data is no longer saved.");
  const based = (await listed(transaction, instance.generation)).filter(({ base }) => base);
  for (const { path, base } of based) if (base && isWanted(path)) throw elsewhere(path, base);
  /** @type {Map<string, Blob[]>} */
  const files = new Map();
  for await (const { path, blocks } of portions(transaction, instance.generation, isWanted)) {
    const portion = new Blob(/** @type {BlobPart[]} */ (blocks));
    files.set(path, [...(files.get(path) ?? []), portion]);
  }
  return {
    instance,
    files: Array.from(files, ([path, parts]) => ({ path, content: new Blob(parts) })),
  };
}

/**
 * @param {Store} store
 * @returns {Promise<Listing[]>} what is saved, last used first
 */
export async function listInstances(store) {
  const transaction = store.transaction(STORES);
  const instances = await transaction.objectStore("instances").getAll();
  const files = transaction.objectStore("files");
  const listings = instances.map(async (stored) => {
    const { record: instance, faults } = readableRecord(stored);
    const range = keysOf(instance.generation);
    const [keys, sizes, state] = await Promise.all([
      files.getAllKeys(range),
      files.getAll(range),
      transaction.objectStore("blocks").getAll(keysOf(instance.generation, STATE)),
    ]);
    const listed = keys.map(([, path], index) => ({ path, ...sizes[index] }));
    const size = listed.find(({ path }) => path === STATE)?.size ?? 0;
    return { instance, faults, files: listed, own: await ownFiles(state, size) };
  });
  const listed = await Promise.all(listings);
  return listed.sort((a, b) => b.instance.usedAt - a.instance.usedAt);
}

/** @type {readonly string[]} kinds of origin that a person's own files have (sources/intake.js) */
const OWN = ["file", "paste"];

/**
 * @param {Uint8Array[]} blocks  of a workspace's state.json
 * @param {number} size  of that file, in bytes
 * @returns {Promise<string[]>} names of files; none if it cannot be read
 */
async function ownFiles(blocks, size) {
  try {
    const text = await new Blob(/** @type {BlobPart[]} */ (blocks)).slice(0, size).text();
    /** @type {Array<{origin: {kind?: string, file?: string}, url: string}>} */
    const sources = JSON.parse(text).sources;
    const own = sources.filter(({ origin }) => OWN.includes(origin.kind ?? ""));
    return [...new Set(own.map(({ origin, url }) => String(origin.file ?? url)))];
  } catch {
    return []; // it came with an import, or nothing was ever opened
  }
}

/**
 * The blocks of a generation's files, a portion at a time; a file's first portion may be empty.
 *
 * @param {import("idb").IDBPTransaction<Schema, Array<"instances" | "files" | "blocks">>} transaction
 * @param {string} generation
 * @param {(path: string) => boolean} [isWanted]
 * @returns {AsyncGenerator<{path: string, size: number, at: number, blocks: Uint8Array[]}, void, void>}
 * @throws {LiteError} something is missing
 */
async function* portions(transaction, generation, isWanted = () => true) {
  for (const { path, size, base } of await listed(transaction, generation)) {
    if (base || !isWanted(path)) continue;
    if (size === 0) yield { path, size, at: 0, blocks: [] };
    for (let at = 0; at < size; at += READ_AHEAD * BLOCK_SIZE) {
      const first = at / BLOCK_SIZE;
      const last = Math.min(READ_AHEAD, Math.ceil((size - at) / BLOCK_SIZE)) - 1;
      const range = IDBKeyRange.bound([generation, path, first], [generation, path, first + last]);
      const blocks = await transaction.objectStore("blocks").getAll(range);
      if (blocks.length !== last + 1) throw incomplete(path);
      blocks[last] = blocks[last].subarray(0, size - at - last * BLOCK_SIZE);
      yield { path, size, at, blocks };
    }
  }
}

/**
 * The files of a generation that have a base.
 *
 * @param {import("idb").IDBPTransaction<Schema, Array<"instances" | "files" | "blocks">>} transaction
 * @param {string} generation
 * @param {(path: string) => boolean} isWanted
 * @returns {AsyncGenerator<[path: string, content: SavedContent], void, void>}
 */
async function* basedFiles(transaction, generation, isWanted) {
  const blocks = transaction.objectStore("blocks");
  for (const { path, size, base } of await listed(transaction, generation)) {
    if (!base || !isWanted(path)) continue;
    const range = keysOf(generation, path);
    const [keys, contents] = await Promise.all([blocks.getAllKeys(range), blocks.getAll(range)]);
    const found = keys.map(([, , index], at) => /** @type {const} */ ([index, contents[at]]));
    yield [path, { size, base, blocks: new Map(found) }];
  }
}

/**
 * @param {import("idb").IDBPTransaction<Schema, Array<"instances" | "files" | "blocks">>} transaction
 * @param {string} generation
 * @returns {Promise<Array<{path: string, size: number, base?: SavedBase}>>}
 */
async function listed(transaction, generation) {
  const files = transaction.objectStore("files");
  const range = keysOf(generation);
  const [keys, values] = await Promise.all([files.getAllKeys(range), files.getAll(range)]);
  return keys.map(([, path], index) => ({ path, ...values[index] }));
}

/**
 * @param {string} path
 * @param {SavedBase} base
 * @returns {LiteError} for a file that cannot be had from the store alone
 */
function elsewhere(path, { url }) {
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

/** @param {string} path */
function incomplete(path) {
  return new LiteError(`This saved data is damaged: parts of ${path} are missing.`, {
    hint:
      "The browser may have removed them because it ran out of space. Delete the data on the page “Saved " +
      "data”, then open its link again.",
  });
}
