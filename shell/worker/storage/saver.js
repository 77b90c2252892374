/**
 * Saves one running instance: after each response, what it changed, in one transaction.
 *
 * At every moment, the store holds the complete state that was last acknowledged. block-file-system.js
 * knows what changed, store-changes.js puts it into the store, and instance.js says when to save.
 *
 * Blocks are copied between two steps of Python, all at once. SQLite may be in the middle of a transaction
 * then; its journal is among the files, so opening the saved files undoes that transaction, just as after
 * a power cut: https://www.sqlite.org/atomiccommit.html
 */

import { checkWhole, writeGeneration } from "./generations.js";
import manifest from "../site-cache/manifest.js";
import { copyToStore } from "./local-copy.js";
import { gone, notSaved } from "./save-errors.js";
import { areNew, dropBases, storeBases } from "./saved-bases.js";
import { Replies } from "./saved-replies.js";
import { change, putAhead, putChanges } from "./store-changes.js";
import { ALL, deleteGeneration } from "./transaction.js";
import { WriteGate } from "./write-gate.js";
import { PORTION } from "../../shared/blocks.js";
import { STATE_FORMAT, WHOLE_FORMAT, WORK } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/saved-store.js").SavedReply} SavedReply */
/** @typedef {import("./block-file-system.js").WatchedFiles} WatchedFiles */
/** @typedef {import("./block-file-system.js").Changes} Changes */
/** @typedef {import("./save-errors.js").Refused} Refused */
/** @typedef {import("./transaction.js").Transaction} Transaction */
/** @typedef {import("./transaction.js").Ask} Ask */

/**
 * Opens the store, or another one in place of one that turned out to be closed.
 *
 * @typedef {(closed?: Store) => Promise<Store>} OpenStore
 */

/** ms after which what no request waits for is saved: the work of background tasks. */
const SOON = 1000;

/** Bytes from which on changes are not copied all at once. */
const LARGE = 4 * PORTION;

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
  /** Whether a large addition is being saved. */
  #isLarge = false;
  /** @type {Promise<unknown>} settled when the last requested save is over */
  #queue = Promise.resolve();
  /** @type {Promise<boolean> | undefined} a save that has not begun, so that others may join it */
  #next;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #replies;
  #stopped = false;
  /**
   * @type {unknown} why a save failed. The files then are ahead of what is saved by changes that were
   *   refused, so nothing more may be saved of them
   */
  #failure;
  /** @type {(done: number, total: number) => void} called with bytes while a large save is under way */
  onProgress = () => {};
  /** @type {Partial<SavedInstance>} what has become of the sources since the record was made */
  #sources = {};
  /** A name for the workspace that is not saved yet. */
  #title = "";
  /** @type {Set<string>} ids of copies that are being stored */
  #coming = new Set();
  /** Whether somebody has changed or added something, be it a stored query. */
  #isTouched = false;
  /** Whether files were added. */
  #hasAdded = false;
  /** Whether a request that added no file has written something since the last save. */
  #isChanged = false;

  /**
   * @param {OpenStore} openStore
   * @param {WatchedFiles} files
   * @param {SavedInstance} record  in the store already, or what to begin with
   * @param {(saved: Promise<boolean>) => void} onSaved  called with each save that no request waits
   *   for; of the same value as RequestInProgress.settle()
   * @param {Replies} [replies]  those that the store has of earlier runs, and room for new ones
   */
  constructor(openStore, files, record, onSaved, replies = new Replies()) {
    this.#openStore = openStore;
    this.#files = files;
    this.#record = record;
    this.#onSaved = onSaved;
    this.#replies = replies;
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
   * Save what a start has written to an instance that is saved already: the application's own files, and
   * when it was last used. Nobody requested this, so a failure for lack of room is no reason to refuse the next
   * change, which then includes it.
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
   * @param {object} request
   * @param {boolean} [request.mayComeAgain]  and is to be answered from its reply then
   * @param {boolean} [request.onlyReads]  so that its response promises nobody that something is saved
   * @param {boolean} [request.adds]  and changes nothing that was there
   * @returns {Promise<RequestInProgress>}
   */
  async beginRequest({ mayComeAgain = false, onlyReads = false, adds = false }) {
    const leave = mayComeAgain ? await this.#gate.enter() : () => {};
    const { writes } = this.#files;
    /** @type {RequestInProgress} */
    const request = new RequestInProgress((reply) => {
      // A request that only reads does not wait until all of a large addition is saved.
      if (this.#isLarge && onlyReads) return Promise.resolve(false);
      const wrote = this.#files.writes !== writes;
      if (wrote && reply) this.#replies.add(request.id, reply);
      if (wrote && !onlyReads) {
        this.#isTouched = true;
        if (adds) this.#hasAdded = true;
        else this.#isChanged = true;
      }
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
   * Wait until everything written so far is saved.
   *
   * @returns {Promise<boolean>} whether databases were among it
   * @throws {LiteError}
   */
  settled() {
    return this.#files.changed ? this.save() : this.#othersSaved();
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

  /**
   * A source was fetched again: save with the next change which version it is by now, and that it is no
   * problem any more.
   *
   * @param {import("../../shared/saved-store.js").SavedSource} version
   */
  noteSource(version) {
    const { sources, problems = [] } = { ...this.#record, ...this.#sources };
    this.#sources = {
      sources: sources.map((source) => (source.url === version.url ? version : source)),
      problems: problems.filter(({ source }) => source !== version.url),
    };
  }

  /**
   * Name the workspace with the next change, unless it has a name by then.
   *
   * @param {string} title
   */
  name(title) {
    this.#title = title;
  }

  /** Something was written: see that it is saved, even if no request waits for that. */
  soon() {
    this.#timer ??= setTimeout(() => void this.flush(), SOON);
  }

  /**
   * Save what soon() would save.
   *
   * @returns {Promise<void>} settled when that is done or has failed
   */
  async flush() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#files.changed || this.#stopped) return;
    const saved = this.save();
    this.#onSaved(saved);
    await saved.catch(() => {});
  }

  /**
   * Store a copy of a file that is on a host, and read the file from there from now on.
   *
   * @param {string} path  of the file
   * @param {import("./local-copy.js").CopyWatch} watch
   * @returns {Promise<void>} settled when it is saved that the file needs its host no more
   * @throws {LiteError} it cannot be read or stored; everything is as before then
   */
  async keepCopy(path, watch) {
    const file = this.#files.onHost(path);
    const id = crypto.randomUUID();
    this.#coming.add(id);
    try {
      await this.#queue.catch(() => {}); // there may be nothing saved yet
      const { generation } = this.#record;
      const copy = await this.#inStore((store) =>
        copyToStore(store, generation, id, file.base, watch),
      );
      const turn = this.#queue.catch(() => {}).then(() => this.#putCopy(path, file, copy));
      this.#queue = turn;
      await turn;
    } catch (error) {
      this.#coming.delete(id);
      await this.#dropBases();
      throw notSaved(error, "local");
    } finally {
      this.#coming.delete(id);
    }
  }

  /**
   * @param {string} path
   * @param {import("./paged-file.js").PagedFile} file
   * @param {import("./local-base.js").LocalBase} copy  of its base
   */
  async #putCopy(path, file, copy) {
    if (this.#failure) throw this.#failure;
    const { base } = file;
    const size = this.#files.size + copy.size;
    const record = { ...this.#nextRecord({ size }), format: STATE_FORMAT, refetchable: false };
    const { generation, key } = record;
    const isDone = await this.#inStore((store) =>
      change(
        store,
        async (transaction, ask) => {
          const current = await transaction.objectStore("instances").get(key);
          const files = transaction.objectStore("files");
          const saved = await files.get([generation, path]);
          if (!current || !isSame(current, record) || saved?.base?.kind !== "remote") return false;
          if (this.#stopped || this.#files.onHost(path) !== file) return false;
          ask(
            files.put({ ...saved, base: { ...copy.description, end: saved.base.end } }, [
              generation,
              path,
            ]),
          );
          this.#putRecord(transaction, ask, record, current);
          return true;
        },
        "strict",
      ),
    );
    if (!isDone || file.base !== base) throw gone();
    this.#record = record;
    file.base = copy;
  }

  /**
   * Forget a reply that was delivered: from now on, an equal request is another one.
   *
   * @param {string} id
   */
  async delivered(id) {
    if (this.#stopped || !this.#replies.isInStore(id)) return;
    await this.#replies.remove(await this.#openStore(), this.#record.generation, id);
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
   * @param {Refused} [what]
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
      await this.#inStore((store) =>
        writeGeneration(store, (generation) => {
          // Nothing may be missing if this is not the first attempt.
          if (!this.#files.touchAll()) throw gone();
          return this.#saveGeneration(store, generation);
        }),
      );
    } finally {
      this.#saving = "";
    }
  }

  /**
   * @param {Store} store
   * @param {string} generation
   */
  async #saveGeneration(store, generation) {
    let copy = await this.#copy(PORTION);
    while (copy.changes.bytes >= PORTION) {
      const { changes } = copy;
      await change(store, (transaction, ask) => {
        putChanges(transaction, ask, generation, changes);
      });
      copy = await this.#copy(PORTION);
    }
    const { changes, counts, replies } = copy;
    const record = this.#nextRecord({ generation });
    await storeBases(store, generation, this.#files.bases, () => {});
    await change(
      store,
      async (transaction, ask) => {
        const before = await transaction.objectStore("instances").get(record.key);
        if (before && !isSame(before, this.#record)) throw gone();
        putChanges(transaction, ask, generation, changes);
        await checkWhole(transaction, generation, counts);
        this.#replies.put(transaction, ask, generation, replies);
        this.#putRecord(transaction, ask, record, before);
        if (before) deleteGeneration(transaction, ask, before.generation);
      },
      "strict",
      ALL,
    );
    this.#files.savedIn(generation);
    this.#files.settleAll();
    this.#record = record;
    this.#replies.saved(replies);
  }

  /** @returns {Promise<boolean>} whether databases were among the changes */
  async #saveChanges() {
    const hasMore = this.#files.changedBytes > LARGE;
    const { bases } = this.#files;
    const hasNew = areNew(bases, this.#record.generation);
    this.#isLarge = hasMore || hasNew;
    try {
      // No await for a small change: as soon as nobody can join this save any more, #saving must say so.
      if (hasNew) await this.#inStore((store) => this.#storeBases(store, bases));
      if (hasMore) await this.#saveAhead();
      const { edits, removes } = await this.#saveRest();
      // A file may have been removed while its base was being stored.
      if (hasNew || removes) await this.#dropBases();
      return edits;
    } finally {
      this.#isLarge = false;
      this.#saving = "";
    }
  }

  /**
   * Save all that has changed in one transaction, so that it counts.
   *
   * @returns {Promise<{edits: boolean, removes: boolean}>} whether databases were changed, and whether files
   *   were removed
   */
  async #saveRest() {
    if (!this.#files.changed && !this.#replies.arePending) return { edits: false, removes: false };
    this.#saving = "later";
    const { changes, replies } = await this.#copy();
    const edits = hasDatabases(changes);
    const counting = changes.files.flatMap(({ node: { paged } }) => paged?.base ?? []);
    const record = this.#nextRecord(edits ? this.#afterEdits() : {});
    this.#isChanged = false;
    // Doing it a second time does no harm: it is the same blocks.
    const isThere = await this.#inStore(async (store) => {
      // Some may have come since.
      await this.#storeBases(store, counting);
      return this.#write(store, changes, replies, record);
    }).catch((error) => {
      this.#files.giveBack(changes);
      throw error;
    });
    if (isThere) this.#files.settle(changes.files);
    else {
      // The browser has thrown away what was saved; here it all still is.
      this.#record = record;
      await this.#saveAll();
    }
    return { edits, removes: changes.removed.length > 0 };
  }

  /**
   * Much that was added, such as a database, need not be in memory a second time, nor in one transaction:
   * what lies beyond the ends of files does not count until those are moved, which the next transaction
   * does. Answers need not wait meanwhile; who added it does.
   */
  async #saveAhead() {
    const paths = this.#files.changedPaths;
    const total = this.#files.changedBytes;
    let done = 0;
    for (;;) {
      const ahead = this.#files.takeAhead(paths, PORTION);
      if (ahead.length === 0) return;
      const isOurs = await this.#inStore((store) =>
        putAhead(store, this.#record, ahead, paths),
      ).catch((error) => {
        this.#files.giveBack({ files: ahead });
        throw error;
      });
      if (!isOurs) {
        // The next transaction finds out what that means.
        this.#files.giveBack({ files: ahead });
        return;
      }
      this.#files.settle(ahead);
      for (const { blocks } of ahead) for (const [, bytes] of blocks) done += bytes.length;
      this.onProgress(Math.min(done, total), total);
    }
  }

  /**
   * @param {Store} store
   * @param {import("./paged-content.js").Base[]} bases  of files that will count with the next transaction
   */
  #storeBases(store, bases) {
    const { generation } = this.#record;
    return storeBases(store, generation, bases, (...bytes) => this.onProgress(...bytes));
  }

  /** Delete the copies that no file needs any more. What was saved stays saved if that fails. */
  async #dropBases() {
    const { generation } = this.#record;
    await this.#inStore((store) => dropBases(store, generation, this.#coming)).catch((error) =>
      console.warn("Copies that no file needs are still stored.", error),
    );
  }

  /**
   * @param {Store} store
   * @param {Changes} changes
   * @param {import("./saved-replies.js").Pending} replies  to the requests that made them
   * @param {SavedInstance} record
   * @returns {Promise<boolean>} false if the instance is no longer saved; then nothing was done
   */
  async #write(store, changes, replies, record) {
    const { generation, key } = record;
    const isThere = await change(
      store,
      async (transaction, ask) => {
        const current = await transaction.objectStore("instances").get(key);
        if (!current) return false;
        if (!isSame(current, record)) throw gone();
        putChanges(transaction, ask, generation, changes);
        this.#putRecord(transaction, ask, record, current);
        this.#replies.put(transaction, ask, generation, replies);
        return true;
      },
      "strict",
    );
    if (isThere) {
      this.#record = record;
      this.#replies.saved(replies);
    }
    return isThere;
  }

  /**
   * The name in the store counts: the root's worker changes it while this one runs.
   *
   * @param {Transaction} transaction
   * @param {Ask} ask
   * @param {SavedInstance} record
   * @param {SavedInstance} [before]  what is in the store
   */
  #putRecord(transaction, ask, record, before) {
    const title = (before ?? record).title || this.#title;
    const named = { ...record, title };
    if (title === "") Reflect.deleteProperty(named, "title");
    ask(transaction.objectStore("instances").put(named));
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

  /**
   * @param {number} [most]  as take() of block-file-system.js has it
   * @returns {Promise<{changes: Changes, counts: {files: number, blocks: number},
   *   replies: import("./saved-replies.js").Pending}>} counts: of all files; all at the same moment
   */
  #copy(most) {
    return this.#gate.copy(() => ({
      changes: this.#files.take(most),
      counts: this.#files.counts,
      replies: this.#replies.pending,
    }));
  }

  /** @returns {Pick<SavedInstance, "edited" | "onlyAdded">} for a save that changes databases */
  #afterEdits() {
    const { edited, onlyAdded = false } = this.#record;
    const hadOnlyAdded = edited ? onlyAdded : this.#hasAdded;
    return { edited: true, onlyAdded: hadOnlyAdded && !this.#isChanged };
  }

  /**
   * @param {Partial<SavedInstance>} changes
   * @returns {SavedInstance}
   */
  #nextRecord(changes) {
    const format = this.#files.bases.length > 0 ? STATE_FORMAT : WHOLE_FORMAT;
    const now = { format, build: manifest.version, usedAt: Date.now() };
    const next = { ...this.#record, ...now, ...this.#sources, size: this.#files.size, ...changes };
    next.refetchable &&= !next.edited && !this.#isTouched;
    return next;
  }
}

/** Names of the errors of a store that was closed before or during a transaction. */
const CLOSED = ["InvalidStateError", "AbortError"];

/**
 * @param {SavedInstance} saved
 * @param {SavedInstance} ours
 * @returns {boolean} whether nobody else has opened or replaced it since
 */
function isSame(saved, ours) {
  return saved.generation === ours.generation && saved.owner === ours.owner;
}

/** @param {Changes} changes */
function hasDatabases({ removed, files }) {
  return [...removed, ...files.map(({ path }) => path)].some((path) =>
    WORK.some((folder) => path.startsWith(folder)),
  );
}
