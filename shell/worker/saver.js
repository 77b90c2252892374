/**
 * Saves one running instance: after each answer, what it changed, in one transaction.
 *
 * Responsible for what is in the store being, at every moment, the whole state that was last
 * acknowledged. What changed is watched-files.js's knowledge, the form of what is stored is
 * shared/saved-store.js's, and when to save is instance.js's business.
 *
 * A copy is taken between two steps of Python, of everything at once. SQLite may be in the middle of a
 * transaction then; its journal is among the files, so that opening the copy undoes that transaction,
 * just as after a power cut: https://www.sqlite.org/atomiccommit.html
 */

import manifest from "./manifest.js";
import { LiteError } from "../shared/errors.js";
import { BLOCK_SIZE, keysOf, STATE_FORMAT } from "../shared/saved-store.js";

/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {import("../shared/saved-store.js").SavedReply} SavedReply */
/** @typedef {{fingerprint: string, whole: import("./bridge.js").Whole}} Reply */
/** @typedef {import("./watched-files.js").WatchedFiles} WatchedFiles */
/** @typedef {import("./watched-files.js").Changes} Changes */
/** @typedef {import("idb").IDBPTransaction<import("../shared/saved-store.js").Schema, Array<"instances" | "files" | "blocks" | "replies">, "readwrite">} Transaction */

const STORES = /** @type {const} */ (["instances", "files", "blocks", "replies"]);

/** Where the databases are in an instance's folder; see engine/folder.py. */
export const DATABASES = "databases/";

/** Bytes that the first save copies at a time, which is what it needs of memory. */
const PORTION = 8 * 1024 * 1024;

/** ms after which what no request waits for is saved: the work of background tasks. */
const SOON = 1000;

/**
 * ms after which a reply was surely delivered. Below the 30 seconds that a worker is idle before it is
 * stopped, so that nobody's second, equal request is taken for the first one coming again.
 */
export const REPLY_LIFETIME = 20_000;

/** Names this run of the worker. */
export const RUN = crypto.randomUUID();

export class Saver {
  #openStore;
  #files;
  /** @type {SavedInstance} */
  #record;
  /** @type {"first" | "later" | ""} which save is under way */
  #saving = "";
  /** @type {Promise<unknown>} settled when the last save that was asked for is over */
  #queue = Promise.resolve();
  /** @type {Promise<boolean> | undefined} a save that has not begun, so that others may join it */
  #next;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Map<string, SavedReply>} to be saved with the next changes */
  #replies = new Map();
  /** @type {Map<string, number>} fingerprints of those in the store, and when they came */
  #kept = new Map();
  #stopped = false;

  /**
   * @param {() => Promise<Store>} openStore
   * @param {WatchedFiles} files
   * @param {SavedInstance} record  in the store already, or what to begin with
   */
  constructor(openStore, files, record) {
    this.#openStore = openStore;
    this.#files = files;
    this.#record = record;
  }

  /** @returns {SavedInstance} as last saved */
  get record() {
    return this.#record;
  }

  /**
   * Save everything for the first time, replacing what is saved under the same key. In several
   * transactions; only the last one makes it count.
   *
   * @returns {Promise<void>}
   * @throws {LiteError} there is no room, or no store
   */
  begin() {
    return this.#enqueue(() => this.#saveAll());
  }

  /**
   * Wait until everything that a request may have written is saved, and with it the reply.
   *
   * @param {number} writes  WatchedFiles.writes when the request began
   * @param {Reply} [reply]  kept with the changes, should the browser lose it
   * @returns {Promise<boolean>} whether databases were among what was written
   * @throws {LiteError} it could not be saved
   */
  async settle(writes, reply) {
    const wrote = this.#files.writes !== writes;
    // Somebody else's change that this answer may show is waited for; the first save need not be, as
    // its contents can be had again.
    if (!wrote) {
      if (this.#saving === "later") await this.#queue;
      return false;
    }
    if (reply) {
      this.#replies.set(reply.fingerprint, { ...reply.whole, run: RUN, at: Date.now() });
    }
    this.#next ??= this.#enqueue(() => {
      this.#next = undefined;
      return this.#saveChanges();
    });
    return this.#next;
  }

  /** Something was written: see that it is saved, even if no request waits for that. */
  soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#files.changed && !this.#stopped) this.settle(-1).catch(() => {});
    }, SOON);
  }

  /**
   * Save nothing more. What is being saved is finished first.
   *
   * @returns {Promise<void>}
   */
  async stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#queue.catch(() => {});
  }

  /**
   * @template T
   * @param {() => Promise<T>} save
   * @returns {Promise<T>}
   */
  #enqueue(save) {
    const turn = this.#queue
      .catch(() => {})
      .then(save)
      .catch((error) => {
        throw notSaved(error);
      });
    this.#queue = turn;
    turn.catch(() => {});
    return turn;
  }

  async #saveAll() {
    this.#saving = "first";
    const store = await this.#openStore();
    const generation = crypto.randomUUID();
    try {
      let changes = this.#files.take(PORTION);
      while (changes.bytes >= PORTION) {
        const transaction = store.transaction([...STORES], "readwrite");
        await finished(transaction, putChanges(transaction, generation, changes));
        changes = this.#files.take(PORTION);
      }
      const record = this.#nextRecord({ generation });
      await replace(store, record, changes);
      this.#record = record;
    } catch (error) {
      await discard(store, generation);
      throw error;
    } finally {
      this.#saving = "";
    }
  }

  /** @returns {Promise<boolean>} whether databases were among the changes */
  async #saveChanges() {
    if (this.#stopped) throw gone();
    if (!this.#files.changed) return false;
    this.#saving = "later";
    try {
      const store = await this.#openStore();
      const changes = this.#files.take();
      const edits = hasDatabases(changes);
      await this.#write(store, changes, this.#nextRecord({ edited: this.#record.edited || edits }));
      return edits;
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      // The browser has thrown away what was saved; here it all still is.
      this.#files.touchAll();
      await this.#saveAll();
      return true;
    } finally {
      this.#saving = "";
    }
  }

  /**
   * @param {Store} store
   * @param {Changes} changes
   * @param {SavedInstance} record
   */
  async #write(store, changes, record) {
    const { generation, key } = record;
    const replies = [...this.#replies];
    this.#replies.clear();
    const transaction = store.transaction([...STORES], "readwrite", { durability: "strict" });
    const instances = transaction.objectStore("instances");
    if ((await instances.get(key))?.generation !== generation) {
      transaction.abort();
      await transaction.done.catch(() => {});
      throw new Missing();
    }
    const requests = putChanges(transaction, generation, changes);
    requests.push(instances.put(record));
    for (const [fingerprint, reply] of replies) {
      requests.push(transaction.objectStore("replies").put(reply, [generation, fingerprint]));
      this.#kept.set(fingerprint, reply.at);
    }
    for (const [fingerprint, at] of this.#kept) {
      if (Date.now() - at < REPLY_LIFETIME) break;
      requests.push(transaction.objectStore("replies").delete([generation, fingerprint]));
      this.#kept.delete(fingerprint);
    }
    await finished(transaction, requests);
    this.#record = record;
  }

  /**
   * @param {Partial<SavedInstance>} changes
   * @returns {SavedInstance}
   */
  #nextRecord(changes) {
    const now = { format: STATE_FORMAT, build: manifest.version, usedAt: Date.now() };
    return { ...this.#record, ...now, size: this.#files.size, ...changes };
  }
}

/** What was saved of the instance is no longer there. */
class Missing extends Error {}

/** @param {Changes} changes */
function hasDatabases({ removed, files }) {
  return [...removed, ...files.map(({ path }) => path)].some((path) => path.startsWith(DATABASES));
}

/**
 * @param {string} key
 * @param {SavedSource[]} sources
 * @returns {SavedInstance} of an instance that is not saved yet
 */
export function newRecord(key, sources) {
  const now = Date.now();
  return {
    ...{ key, sources, generation: "", format: STATE_FORMAT, build: manifest.version },
    ...{ createdAt: now, usedAt: now, size: 0, edited: false },
  };
}

/**
 * @param {Transaction} transaction
 * @param {string} generation
 * @param {Changes} changes
 * @returns {Array<Promise<unknown>>} requests
 */
function putChanges(transaction, generation, changes) {
  const files = transaction.objectStore("files");
  const blocks = transaction.objectStore("blocks");
  const requests = [];
  for (const path of changes.removed) {
    requests.push(files.delete([generation, path]), blocks.delete(keysOf(generation, path)));
  }
  for (const { path, size, before, blocks: changed } of changes.files) {
    if (size < before) {
      const firstBeyond = [generation, path, Math.ceil(size / BLOCK_SIZE)];
      requests.push(blocks.delete(IDBKeyRange.bound(firstBeyond, keysOf(generation, path).upper)));
    }
    requests.push(files.put({ size }, [generation, path]));
    for (const [index, bytes] of changed) {
      requests.push(blocks.put(bytes, [generation, path, index]));
    }
  }
  return requests;
}

/**
 * Delete what interrupted saves and deletions have left behind. Nothing may be saving meanwhile.
 *
 * @param {Store} store
 */
export async function sweep(store) {
  const transaction = store.transaction([...STORES], "readwrite");
  const instances = await transaction.objectStore("instances").getAll();
  const current = new Set(instances.map(({ generation }) => generation));
  const requests = [];
  let cursor = await transaction.objectStore("files").openKeyCursor();
  while (cursor) {
    const [generation] = cursor.key;
    if (!current.has(generation)) requests.push(...deleteGeneration(transaction, generation));
    cursor = await cursor.continue(keysOf(generation).upper);
  }
  await finished(transaction, requests);
}

/**
 * Delete an instance from the store. It must not be running.
 *
 * @param {Store} store
 * @param {string} key
 */
export async function removeInstance(store, key) {
  const transaction = store.transaction([...STORES], "readwrite");
  const record = await transaction.objectStore("instances").get(key);
  const requests = record ? deleteGeneration(transaction, record.generation) : [];
  requests.push(transaction.objectStore("instances").delete(key));
  await finished(transaction, requests);
}

/**
 * Save files that come from elsewhere as an instance, which must not be running.
 *
 * @param {Store} store
 * @param {SavedInstance} instance  its key may be taken; its generation does not matter
 * @param {Array<{path: string, content: Blob}>} files
 * @returns {Promise<void>}
 * @throws {LiteError} there is no room
 */
export async function saveCopy(store, instance, files) {
  const generation = crypto.randomUUID();
  try {
    for (const { path, content } of files) {
      for (let at = 0; at < Math.max(content.size, 1); at += PORTION) {
        const portion = new Uint8Array(await content.slice(at, at + PORTION).arrayBuffer());
        const blocks = cut(portion, at / BLOCK_SIZE);
        const file = { path, size: content.size, before: 0, blocks };
        const transaction = store.transaction([...STORES], "readwrite");
        const changes = { removed: [], files: [file], bytes: portion.length };
        await finished(transaction, putChanges(transaction, generation, changes));
      }
    }
    await replace(store, { ...instance, generation });
  } catch (error) {
    await discard(store, generation);
    throw notSaved(error);
  }
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

/**
 * Make a generation that is in the store the one that counts, with the changes that complete it.
 *
 * @param {Store} store
 * @param {SavedInstance} record
 * @param {Changes} [changes]
 * @returns {Promise<void>}
 */
async function replace(store, record, changes) {
  const transaction = store.transaction([...STORES], "readwrite", { durability: "strict" });
  const instances = transaction.objectStore("instances");
  const before = await instances.get(record.key);
  const requests = changes ? putChanges(transaction, record.generation, changes) : [];
  requests.push(instances.put(record));
  if (before) requests.push(...deleteGeneration(transaction, before.generation));
  await finished(transaction, requests);
}

/**
 * @param {Store} store
 * @param {string} generation  that does not count
 */
async function discard(store, generation) {
  const transaction = store.transaction([...STORES], "readwrite");
  await finished(transaction, deleteGeneration(transaction, generation)).catch(() => {});
}

/**
 * @param {Transaction} transaction
 * @param {string} generation
 * @returns {Array<Promise<unknown>>} requests
 */
function deleteGeneration(transaction, generation) {
  return /** @type {const} */ (["files", "blocks", "replies"]).map((name) =>
    transaction.objectStore(name).delete(keysOf(generation)),
  );
}

/**
 * @param {Transaction} transaction
 * @param {Array<Promise<unknown>>} requests
 * @returns {Promise<void>} settled when the transaction has committed
 */
async function finished(transaction, requests) {
  await Promise.all([...requests, transaction.done]);
}

/** @returns {LiteError} */
function gone() {
  return new LiteError("This data was deleted or replaced in the meantime.", {
    hint: "Load the page again to open it as it is now.",
  });
}

/**
 * @param {unknown} error
 * @returns {LiteError}
 */
function notSaved(error) {
  if (error instanceof LiteError) return error;
  const noRoom = error instanceof Error && error.name === "QuotaExceededError";
  if (noRoom) {
    return new LiteError("There is no room left to save this change, so it was not made.", {
      hint:
        "Delete data that you no longer need on the page “Saved data”, or free space on the disk; " +
        "then try again. Everything saved before is unharmed.",
      cause: error,
    });
  }
  return new LiteError("This change could not be saved, so it was not made.", {
    hint: "Load the page again and try once more. Everything saved before is unharmed.",
    traceback: String(error),
    cause: error,
  });
}
