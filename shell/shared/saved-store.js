/**
 * What is saved in this browser: defines the IndexedDB database and its records. saved-contents.js reads files.
 *
 * An instance's folder of files is saved as blocks of one size. All of them belong to a generation, and
 * the instance's record names the current one, so a generation is complete once a record names it;
 * others are leftovers of interrupted saves. Only the worker writes (shell/worker/storage/saver.js);
 * pages only read.
 *
 * https://w3c.github.io/IndexedDB/
 */

import { openDB } from "idb";
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
export const SCHEMA_VERSION = 5;

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
 * @property {boolean} [onlyAdded]  of an edited one: whether only files were added, and nothing else changed.
 *   What was changed of each source is in state.json (plugins/edited.py)
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
 * @property {boolean} [isSlow]    whether it may take minutes or is a form, so that one stop proves nothing
 * @property {string} [reason]     the error that ended Python, unless the browser ended it
 */

/**
 * The record of a snapshot of Python's memory, in the store “images”; see shell/worker/runtime/snapshot/store.js.
 *
 * @typedef {object} SavedSnapshot
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
 * A file on a host, which must not change.
 *
 * @typedef {object} RemoteDescription
 * @property {"remote"} kind
 * @property {string} url      absolute, as in the link
 * @property {number} size     bytes
 * @property {string} etag     "" if the host sends none or hides it
 * @property {string} lastModified  the same
 * @property {string} head     of a host that shows neither: the first 100 bytes, in hexadecimal
 * @property {{urls: string[], size: number}} [parts]  of a file in parts: where they are, and the bytes of each but
 *   the last. `url` is that of their list then, and `etag` has its hash
 */

/**
 * A copy of a file of the person's, which is in the store as Blobs.
 *
 * @typedef {object} LocalDescription
 * @property {"local"} kind
 * @property {string} id       names it among the bases
 * @property {string} name     of the person's file
 * @property {number} size     bytes
 */

/**
 * Where the blocks of a file are that are not among those in the store.
 *
 * @typedef {RemoteDescription | LocalDescription} BaseDescription
 */

/**
 * @param {BaseDescription} [base]
 * @returns {string} names a version of a file on a host among the bases; "" if it is on no host, or the host
 *   does not tell versions apart
 */
export function hostedId(base) {
  if (base?.kind !== "remote") return "";
  const version = base.etag || base.lastModified;
  return version === "" ? "" : `${base.url} ${base.size} ${version}`;
}

/** @typedef {BaseDescription & {end: number}} SavedBase  end: bytes of it that still count */

/**
 * Keys of files are [generation, path], of blocks [generation, path, index], of replies
 * [generation, fingerprint, id], of bases [generation, id, number of the piece]; paths are relative to the
 * instance's folder. Of a file on a host, the pieces are the blocks that were read of it.
 *
 * @typedef {object} Schema
 * @property {{key: string, value: SavedInstance}} instances
 * @property {{key: [string, string], value: {size: number, base?: SavedBase}}} files
 * @property {{key: [string, string, number], value: Uint8Array}} blocks
 * @property {{key: [string, string, string], value: SavedReply}} replies
 * @property {{key: [string, string, number], value: Blob | Uint8Array<ArrayBuffer>}} bases
 * @property {{key: string, value: Decision}} decisions
 * @property {{key: string, value: GuardRecord}} guards
 * @property {{key: string, value: SavedSnapshot}} images
 * @property {{key: string, value: Blob}} imageContents
 */

/** @typedef {import("idb").IDBPDatabase<Schema>} Store */
/**
 * @typedef {object} Listing
 * @property {SavedInstance} instance
 * @property {string[]} faults  fields of its record that are damaged and had to be replaced
 * @property {Array<{path: string, size: number, base?: SavedBase}>} files
 * @property {string[]} own       names of the files from the person's computer that are open in it
 */

/** The stores needed to list or read instances, apart from the bases, which others may be writing. */
export const STORES = /** @type {Array<"instances" | "files" | "blocks">} */ ([
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
        if (before < 4) store.createObjectStore("guards", { keyPath: "key" });
        store.createObjectStore("bases");
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
