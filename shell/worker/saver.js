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
import { WriteGate } from "./write-gate.js";
import { BLOCK_SIZE } from "../shared/blocks.js";
import { LiteError } from "../shared/errors.js";
import { keysOf, STATE_FORMAT } from "../shared/saved-store.js";

/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {import("../shared/saved-store.js").SavedReply} SavedReply */
/** @typedef {import("./watched-files.js").WatchedFiles} WatchedFiles */
/** @typedef {import("./watched-files.js").Changes} Changes */
/** @typedef {import("idb").IDBPTransaction<import("../shared/saved-store.js").Schema, Array<"instances" | "files" | "blocks" | "replies">, "readwrite">} Transaction */

/**
 * Opens the store, or another one in place of one that turned out to be closed.
 *
 * @typedef {(closed?: Store) => Promise<Store>} OpenStore
 */

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

/** A request while it is answered: what it wrote has to be saved before its answer leaves. */
class RequestInProgress {
  #settle;
  #leave;
  /** Names its reply. */
  id = crypto.randomUUID();

  /**
   * @param {(reply?: SavedReply) => Promise<boolean>} settle
   * @param {() => void} leave
   */
  constructor(settle, leave) {
    this.#settle = settle;
    this.#leave = leave;
  }

  /**
   * Wait until everything that it may have written is saved, and with it the reply.
   *
   * @param {SavedReply} [reply]  kept with the changes, should the browser lose it
   * @returns {Promise<boolean>} whether databases were among what was written
   * @throws {LiteError} it could not be saved
   */
  settle(reply) {
    const settled = this.#settle(reply);
    this.#leave();
    return settled;
  }

  /** It is over, whether it was settled or not. */
  end() {
    this.#leave();
  }
}

export class Saver {
  #openStore;
  #files;
  /** @type {SavedInstance} */
  #record;
  #onSaved;
  #gate = new WriteGate();
  /** @type {"first" | "later" | ""} which save is under way */
  #saving = "";
  /** @type {Promise<unknown>} settled when the last save that was asked for is over */
  #queue = Promise.resolve();
  /** @type {Promise<boolean> | undefined} a save that has not begun, so that others may join it */
  #next;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Map<string, SavedReply>} by id; to be saved with the next changes */
  #replies = new Map();
  /** @type {Map<string, SavedReply>} by id; those in the store that may still be wanted */
  #kept = new Map();
  #stopped = false;
  /**
   * @type {unknown} why a save failed. The files then are ahead of what is saved by changes that were
   *   refused, so nothing more may be saved of them
   */
  #failure;
  /** @type {Changes[]} taken and not saved yet, in order */
  #pending = [];

  /**
   * @param {OpenStore} openStore
   * @param {WatchedFiles} files
   * @param {SavedInstance} record  in the store already, or what to begin with
   * @param {(saved: Promise<boolean>) => void} onSaved  called with each save that no request waits
   *   for; of the same value as RequestInProgress.settle()
   */
  constructor(openStore, files, record, onSaved) {
    this.#openStore = openStore;
    this.#files = files;
    this.#record = record;
    this.#onSaved = onSaved;
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
    return this.#enqueue(() => this.#saveAll(), "first");
  }

  /**
   * Save what a start has written to an instance that is saved already: Datasette's catalogue, and when
   * it was last used. Nobody asked for it, so if it cannot be saved, for want of room, it is no reason
   * to refuse the next change, with which it is then saved.
   *
   * @returns {Promise<void>}
   */
  saveStart() {
    const start = this.#queue
      .then(() => this.#saveChanges())
      .then(
        () => {},
        (error) => console.warn("What the start has written is not saved yet.", error),
      );
    this.#queue = start;
    return start;
  }

  /**
   * @param {boolean} mayComeAgain  and is to be answered from its reply then
   * @returns {Promise<RequestInProgress>}
   */
  async beginRequest(mayComeAgain) {
    const leave = mayComeAgain ? await this.#gate.enter() : () => {};
    const { writes } = this.#files;
    /** @type {RequestInProgress} */
    const request = new RequestInProgress((reply) => {
      const wrote = this.#files.writes !== writes;
      if (wrote && reply) this.#replies.set(request.id, reply);
      return wrote ? this.save() : this.#othersSaved();
    }, leave);
    return request;
  }

  /**
   * Save what changed.
   *
   * @returns {Promise<boolean>} whether databases were among it
   * @throws {LiteError}
   */
  save() {
    this.#next ??= this.#enqueue(() => {
      this.#next = undefined;
      return this.#saveChanges();
    });
    return this.#next;
  }

  /**
   * Somebody else's change that an answer may show is waited for; the first save need not be, as its
   * contents can be had again.
   *
   * @returns {Promise<boolean>}
   */
  async #othersSaved() {
    if (this.#next) await this.#next;
    else if (this.#saving === "later") await this.#queue;
    return false;
  }

  /** Something was written: see that it is saved, even if no request waits for that. */
  soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#files.changed && !this.#stopped) this.#onSaved(this.save());
    }, SOON);
  }

  /**
   * Take over replies that earlier runs of the worker have left in the store.
   *
   * @param {Map<string, SavedReply>} replies  by id
   */
  keep(replies) {
    for (const [id, reply] of replies) this.#kept.set(id, reply);
  }

  /**
   * Forget a reply that was delivered: from now on, an equal request is another one.
   *
   * @param {string} id
   */
  async delivered(id) {
    const reply = this.#kept.get(id);
    if (!reply || this.#stopped) return;
    this.#kept.delete(id);
    const store = await this.#openStore();
    await store.delete("replies", [this.#record.generation, reply.fingerprint, id]);
  }

  /**
   * Save what is not saved yet, then nothing more.
   *
   * @returns {Promise<void>}
   */
  async stop() {
    clearTimeout(this.#timer);
    if (this.#files.changed) this.save().catch(() => {});
    await this.#queue.catch(() => {});
    this.#stopped = true;
  }

  /**
   * @template T
   * @param {() => Promise<T>} save
   * @param {keyof typeof REFUSALS} [what]
   * @returns {Promise<T>}
   */
  #enqueue(save, what) {
    const turn = this.#queue
      .catch(() => {})
      .then(() => {
        if (this.#failure) throw this.#failure;
        if (this.#stopped) throw gone();
        return save();
      })
      .catch((error) => {
        this.#failure = notSaved(error, what);
        throw this.#failure;
      });
    this.#queue = turn;
    turn.catch(() => {});
    return turn;
  }

  async #saveAll() {
    this.#saving = "first";
    try {
      await this.#inStore(async (store) => {
        // Nothing may be missing if this is not the first attempt.
        this.#files.touchAll();
        await this.#saveGeneration(store, crypto.randomUUID());
      });
    } finally {
      this.#saving = "";
    }
  }

  /**
   * @param {Store} store
   * @param {string} generation
   */
  async #saveGeneration(store, generation) {
    try {
      let portions = 0;
      let changes = await this.#copy(PORTION);
      while (changes.bytes >= PORTION) {
        await change(store, (transaction, ask) => {
          putChanges(transaction, ask, generation, changes);
        });
        portions += 1;
        changes = await this.#copy(PORTION);
      }
      const record = this.#nextRecord({ generation });
      const replies = [...this.#replies];
      await change(
        store,
        async (transaction, ask) => {
          const before = await transaction.objectStore("instances").get(record.key);
          if (before && before.generation !== this.#record.generation) throw gone();
          // Another worker may have taken the portions for what an interrupted save has left.
          const kept = await transaction.objectStore("files").count(keysOf(generation));
          if (portions > 0 && kept === 0) throw gone();
          putChanges(transaction, ask, generation, changes);
          this.#putReplies(transaction, ask, generation, replies);
          ask(transaction.objectStore("instances").put(record));
          if (before) deleteGeneration(transaction, ask, before.generation);
        },
        "strict",
      );
      this.#saved(record, replies);
    } catch (error) {
      await discard(store, generation);
      throw error;
    }
  }

  /** @returns {Promise<boolean>} whether databases were among the changes */
  async #saveChanges() {
    if (this.#files.changed) this.#pending.push(await this.#copy());
    if (this.#pending.length === 0 && this.#replies.size === 0) return false;
    this.#saving = "later";
    try {
      const changes = this.#pending;
      const edits = changes.some(hasDatabases);
      const record = this.#nextRecord({ edited: this.#record.edited || edits });
      // Doing it a second time does no harm: it is the same blocks.
      const isThere = await this.#inStore((store) => this.#write(store, changes, record));
      this.#pending = [];
      // The browser has thrown away what was saved; here it all still is.
      if (!isThere) {
        this.#record = record;
        await this.#saveAll();
      }
      return edits;
    } finally {
      this.#saving = "";
    }
  }

  /**
   * @param {Store} store
   * @param {Changes[]} changes  in order
   * @param {SavedInstance} record
   * @returns {Promise<boolean>} false if the instance is no longer saved; then nothing was done
   */
  async #write(store, changes, record) {
    const { generation, key, owner } = record;
    const replies = [...this.#replies];
    const isThere = await change(
      store,
      async (transaction, ask) => {
        const current = await transaction.objectStore("instances").get(key);
        if (!current) return false;
        if (current.generation !== generation || current.owner !== owner) throw gone();
        for (const some of changes) putChanges(transaction, ask, generation, some);
        ask(transaction.objectStore("instances").put(record));
        this.#putReplies(transaction, ask, generation, replies);
        for (const [id, { fingerprint, at }] of this.#kept) {
          if (Date.now() - at < REPLY_LIFETIME) break;
          ask(transaction.objectStore("replies").delete([generation, fingerprint, id]));
          this.#kept.delete(id);
        }
        return true;
      },
      "strict",
    );
    if (isThere) this.#saved(record, replies);
    return isThere;
  }

  /**
   * @param {Transaction} transaction
   * @param {Ask} ask
   * @param {string} generation
   * @param {Array<[id: string, SavedReply]>} replies
   */
  #putReplies(transaction, ask, generation, replies) {
    for (const [id, reply] of replies) {
      ask(transaction.objectStore("replies").put(reply, [generation, reply.fingerprint, id]));
    }
  }

  /**
   * @param {SavedInstance} record
   * @param {Array<[id: string, SavedReply]>} replies
   */
  #saved(record, replies) {
    this.#record = record;
    for (const [id, reply] of replies) {
      this.#replies.delete(id);
      this.#kept.set(id, reply);
    }
  }

  /**
   * Do something in the store; once more if the browser has closed it meanwhile, as it does when it
   * clears a site's data.
   *
   * @template T
   * @param {(store: Store) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #inStore(work) {
    const store = await this.#openStore();
    try {
      return await work(store);
    } catch (error) {
      if (!CLOSED.includes(/** @type {any} */ (error)?.name)) throw error;
      return work(await this.#openStore(store));
    }
  }

  /** @param {number} [most] */
  #copy(most) {
    return this.#gate.copy(() => this.#files.take(most));
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

/** Names of the errors of a store that was closed before or during a transaction. */
const CLOSED = ["InvalidStateError", "AbortError"];

/** @typedef {(request: Promise<unknown>) => void} Ask  tells change() of a request */

/**
 * Change the store in one transaction: all that is asked for, or nothing.
 *
 * @template T
 * @param {Store} store
 * @param {(transaction: Transaction, ask: Ask) => T | Promise<T>} work  awaits nothing but requests
 * @param {"relaxed" | "strict"} [durability]  strict: on disk when this is settled, not only with the
 *   operating system
 * @returns {Promise<T>}
 */
async function change(store, work, durability = "relaxed") {
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
      transaction.abort(); // what was asked for so far must not count without the rest
    } catch {
      // It has ended already.
    }
    await done.catch(() => {});
    // What ended the transaction says more than what its end did to the requests.
    throw transaction.error ?? error;
  }
}

/** @param {Changes} changes */
function hasDatabases({ removed, files }) {
  return [...removed, ...files.map(({ path }) => path)].some((path) => path.startsWith(DATABASES));
}

/**
 * Go on with an instance that is saved. Whoever saved it until now no longer can: a worker that an
 * update of the site replaces may still be at it.
 *
 * @param {Store} store
 * @param {string} key
 * @param {string} owner  names who will save it
 * @returns {Promise<SavedInstance | undefined>} undefined if it is not saved
 */
export async function claim(store, key, owner) {
  try {
    return await change(store, async (transaction, ask) => {
      const instances = transaction.objectStore("instances");
      const saved = await instances.get(key);
      if (!saved) return undefined;
      const claimed = { ...saved, owner };
      ask(instances.put(claimed));
      return claimed;
    });
  } catch (error) {
    // Without room for a name, the one that is there is used on: reading must work.
    if (isForWantOfRoom(error)) return store.get("instances", key);
    throw error;
  }
}

/**
 * @param {string} key
 * @param {SavedSource[]} sources
 * @param {string} owner
 * @param {string} [generation]  the one that will be replaced
 * @returns {SavedInstance} of an instance that is not saved yet
 */
export function newRecord(key, sources, owner, generation = "") {
  const now = Date.now();
  return {
    ...{ key, sources, generation, owner, format: STATE_FORMAT, build: manifest.version },
    ...{ createdAt: now, usedAt: now, size: 0, edited: false },
  };
}

/**
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 * @param {Changes} changes
 */
function putChanges(transaction, ask, generation, changes) {
  const files = transaction.objectStore("files");
  const blocks = transaction.objectStore("blocks");
  for (const path of changes.removed) {
    ask(files.delete([generation, path]));
    ask(blocks.delete(keysOf(generation, path)));
  }
  for (const { path, size, before, blocks: changed } of changes.files) {
    if (size < before) {
      const firstBeyond = [generation, path, Math.ceil(size / BLOCK_SIZE)];
      ask(blocks.delete(IDBKeyRange.bound(firstBeyond, keysOf(generation, path).upper)));
    }
    ask(files.put({ size }, [generation, path]));
    for (const [index, bytes] of changed) ask(blocks.put(bytes, [generation, path, index]));
  }
}

/**
 * Delete what interrupted saves and deletions have left behind.
 *
 * @param {Store} store
 */
export async function sweep(store) {
  await change(store, async (transaction, ask) => {
    const instances = await transaction.objectStore("instances").getAll();
    const current = new Set(instances.map(({ generation }) => generation));
    let cursor = await transaction.objectStore("files").openKeyCursor();
    while (cursor) {
      const [generation] = cursor.key;
      if (!current.has(generation)) deleteGeneration(transaction, ask, generation);
      cursor = await cursor.continue(keysOf(generation).upper);
    }
  });
}

/**
 * Delete an instance from the store. It must not be running.
 *
 * @param {Store} store
 * @param {string} key
 */
export async function removeInstance(store, key) {
  await change(
    store,
    async (transaction, ask) => {
      const record = await transaction.objectStore("instances").get(key);
      if (record) deleteGeneration(transaction, ask, record.generation);
      ask(transaction.objectStore("instances").delete(key));
    },
    "strict",
  );
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
        const changes = { removed: [], files: [file], bytes: portion.length };
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
        ask(instances.put({ ...instance, generation, owner: "" }));
        if (before) deleteGeneration(transaction, ask, before.generation);
      },
      "strict",
    );
  } catch (error) {
    await discard(store, generation);
    throw notSaved(error, "copy");
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
 * @param {Store} store
 * @param {string} generation  that does not count
 */
async function discard(store, generation) {
  await change(store, (transaction, ask) => deleteGeneration(transaction, ask, generation)).catch(
    () => {}, // the next run sweeps it away
  );
}

/**
 * @param {Transaction} transaction
 * @param {Ask} ask
 * @param {string} generation
 */
function deleteGeneration(transaction, ask, generation) {
  for (const name of /** @type {const} */ (["files", "blocks", "replies"])) {
    ask(transaction.objectStore(name).delete(keysOf(generation)));
  }
}

/** @returns {LiteError} */
function gone() {
  return new LiteError("This data was deleted or replaced in the meantime.", {
    hint: "Load the page again to open it as it is now.",
  });
}

/** What is said of what could not be saved: for want of room, or otherwise. */
const REFUSALS = {
  change: {
    noRoom: "There is no room left to save this change, so it was not made.",
    other: "This change could not be saved, so it was not made.",
  },
  first: {
    noRoom: "There is no room left to save this data, so changes to it are soon lost.",
    other: "This data could not be saved, so changes to it are soon lost.",
  },
  copy: {
    noRoom: "There is no room left for this data, so it was not taken in.",
    other: "This data could not be saved, so it was not taken in.",
  },
};

/**
 * @param {unknown} error
 * @param {keyof typeof REFUSALS} [what]
 * @returns {LiteError}
 */
function notSaved(error, what = "change") {
  if (error instanceof LiteError) return error;
  if (isForWantOfRoom(error)) {
    return new LiteError(REFUSALS[what].noRoom, {
      hint:
        "Delete data that you no longer need on the page “Saved data”, or free space on the disk; " +
        "then try again. Everything saved before is unharmed.",
      cause: error,
    });
  }
  return new LiteError(REFUSALS[what].other, {
    hint: "Load the page again and try once more. Everything saved before is unharmed.",
    traceback: String(error),
    cause: error,
  });
}

/** @param {unknown} error */
function isForWantOfRoom(error) {
  return error instanceof Error && error.name === "QuotaExceededError";
}
