/**
 * Remembers what stopped a workspace's Python, so that the next start does not repeat it.
 *
 * Neither a hung thread nor a killed process can report itself. So each piece of work is noted in the store
 * before Python begins it, and crossed out when it is done: for a request, when its response begins. Nothing
 * waits for these writes, and a page that was answered once since the worker started is not noted again, so
 * pages cost next to nothing. Work that a start finds noted was in progress when the previous worker ended.
 *
 * Pages are blocked until somebody allows them. Everything else is refused once, with an explanation, and
 * runs when a person asks for it again.
 */

import { fingerprintOf } from "../storage/saved-replies.js";
import { LiteError, STOPPED_BEFORE } from "../../shared/errors.js";
import { sha256 } from "../../shared/hash.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").GuardedWork} GuardedWork */
/** @typedef {import("../../shared/saved-store.js").GuardRecord} GuardRecord */

/** ms: a request that had been running this long when the worker stopped is blamed at once. */
const LONG = 5000;

/** Browsers stop workers at any moment, so short requests are blamed only after this many stops in a row. */
const TOO_OFTEN = 3;

/**
 * Work that may take minutes, or a form, is blamed after this many stops in a row, each long after it began.
 * People leave in the middle of such work, and send a form again at any time, so one stop proves nothing.
 */
const TOO_OFTEN_WHEN_SLOW = 2;

/** ms for which work of a workspace that is not saved is remembered. */
const REMEMBERED = 7 * 24 * 3_600_000;

/** The most work that is remembered. */
const MOST = 20;

/** The most answered addresses that are not noted again. */
const MOST_ANSWERED = 2000;

const SEND_AGAIN =
  "Everything saved before is unharmed. To run it all the same, go back and send it again.";

const TRY_AGAIN =
  "Everything saved before is unharmed. Close other tabs to free memory, then try again: it is run then.";

export class CrashGuard {
  #key;
  #openStore;
  #isSecret;
  /** @type {Promise<void> | undefined} */
  #reading;
  /** @type {Store | undefined} */
  #store;
  /** @type {Map<string, GuardedWork>} by address */
  #works = new Map();
  /** @type {Map<string, number>} how many times Python is working on it, by address */
  #running = new Map();
  /** @type {Set<string>} addresses of pages answered since the worker started */
  #answered = new Set();
  /** @type {WeakMap<Request, string>} by what each request is noted; "" if it is not */
  #addresses = new WeakMap();

  /**
   * @param {string} key  of the workspace
   * @param {() => Promise<Store | undefined>} openStore  undefined where the browser offers none
   * @param {() => boolean} [isSecret]  whether the store must not show what the work was
   */
  constructor(key, openStore, isSecret = () => false) {
    this.#key = key;
    this.#openStore = openStore;
    this.#isSecret = isSecret;
  }

  /**
   * Call this for every request, before its body is read.
   *
   * @param {Request} request
   * @returns {Promise<GuardedWork | undefined>} why a page must not reach Python; undefined if it may
   */
  async blocked(request) {
    // At once, because reading the notes measures how long the work took, up to now.
    const known = this.#known();
    const address = await this.#addressOf(request);
    this.#addresses.set(request, address);
    await known;
    return isPage(request) ? this.#blocked(address) : undefined;
  }

  /**
   * Note that Python begins with a request.
   *
   * @param {Request} request  that was not blocked
   * @returns {Promise<() => void>} call this when its response has begun, or failed
   * @throws {LiteError} named STOPPED_BEFORE if it is refused, which happens once
   */
  async begin(request) {
    const address = this.#addresses.get(request) ?? "";
    if (address === "" || this.#answered.has(address)) return () => {};
    if (isPage(request)) {
      const end = this.#begin(address);
      return () => {
        if (end() && this.#answered.size < MOST_ANSWERED) this.#answered.add(address);
      };
    }
    const refused = await this.#refused(address);
    const isForm = request.mode === "navigate";
    // Browsers do not send forms again on their own. When the worker stopped is not known, only when the
    // person sent the form again, so one stop proves nothing here either.
    if (!refused) return this.#begin(address, isForm);
    throw stoppedBefore(refused, isForm ? "This form" : "This request", SEND_AGAIN);
  }

  /**
   * Note that a request gets the response that an earlier worker saved, so it was not what stopped that one.
   *
   * @param {Request} request
   */
  answered(request) {
    const address = this.#addresses.get(request) ?? "";
    if (!this.#running.has(address) && this.#works.delete(address)) this.#save();
  }

  /**
   * Do work that may take minutes, such as an import, unless it stopped the workspace repeatedly.
   *
   * @template T
   * @param {string} what  the work, to be completed by “stopped the workspace before”
   * @param {() => Promise<T>} work
   * @param {AbortSignal} [signal]  aborted when nobody waits for it any more, and its Python is ended
   * @returns {Promise<T>}
   * @throws {LiteError} named STOPPED_BEFORE if it is refused, which happens once
   */
  async during(what, work, signal) {
    const address = await this.#noted(what);
    const refused = await this.#refused(address);
    if (refused) throw stoppedBefore(refused, what, TRY_AGAIN);
    signal?.throwIfAborted();
    const finish = this.#begin(address, true);
    let isOver = false;
    const end = () => {
      if (!isOver) finish();
      isOver = true;
    };
    signal?.addEventListener("abort", end);
    try {
      return await work();
    } finally {
      signal?.removeEventListener("abort", end);
      end();
    }
  }

  /**
   * Python has broken down: blame whatever it was working on.
   *
   * @param {unknown} error
   */
  failed(error) {
    const reason = String(error).split("\n")[0];
    for (const work of this.#works.values()) {
      if (work.state === "running") this.#set({ ...work, state: "blocked", reason });
    }
    this.#save();
  }

  /**
   * Let a page reach Python once more.
   *
   * @param {string} path  with the query
   * @returns {Promise<void>}
   */
  async allow(path) {
    const address = await this.#noted(path);
    await this.#known();
    this.#works.delete(address);
    this.#save();
  }

  /**
   * @param {Request} request
   * @returns {Promise<string>} what identifies it, "" if it need not be watched
   */
  async #addressOf(request) {
    const { pathname, search } = new URL(request.url);
    if (isPage(request)) return this.#noted(pathname + search);
    const fingerprint = await fingerprintOf(request);
    return fingerprint && this.#noted(`${request.method} ${pathname} ${fingerprint}`);
  }

  /**
   * @param {string} address
   * @returns {Promise<string>} how it is stored
   */
  async #noted(address) {
    return this.#isSecret() ? sha256(new TextEncoder().encode(address)) : address;
  }

  /** @returns {Promise<void>} settled when it is known what earlier workers left behind */
  #known() {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  /**
   * @param {string} address
   * @returns {Promise<GuardedWork | undefined>}
   */
  async #blocked(address) {
    await this.#known();
    const work = this.#works.get(address);
    return work?.state === "blocked" ? work : undefined;
  }

  /**
   * Like `#blocked`, but lets it through the next time.
   *
   * @param {string} address
   * @returns {Promise<GuardedWork | undefined>}
   */
  async #refused(address) {
    const work = await this.#blocked(address);
    if (!work) return undefined;
    this.#note({ ...work, state: "interrupted", interrupted: 1 });
    return work;
  }

  /**
   * @param {string} address
   * @param {boolean} [isSlow]
   * @returns {() => boolean} call this when the work is over; returns whether Python has survived it and
   *   does no more of it
   */
  #begin(address, isSlow = false) {
    const interrupted = this.#works.get(address)?.interrupted ?? 0;
    this.#running.set(address, (this.#running.get(address) ?? 0) + 1);
    this.#note({
      address,
      at: Date.now(),
      interrupted,
      state: "running",
      ...(isSlow && { isSlow }),
    });
    return () => this.#end(address);
  }

  /**
   * @param {string} address
   * @returns {boolean} see `#begin`
   */
  #end(address) {
    const others = (this.#running.get(address) ?? 1) - 1;
    if (others > 0) {
      this.#running.set(address, others);
      return false;
    }
    this.#running.delete(address);
    if (this.#works.get(address)?.state !== "running") return false; // it broke Python
    this.#works.delete(address);
    this.#save();
    return true;
  }

  /** @param {GuardedWork} work */
  #note(work) {
    this.#set(work);
    this.#save();
  }

  /** @param {GuardedWork} work */
  #set(work) {
    this.#works.delete(work.address);
    this.#works.set(work.address, work);
    if (this.#works.size > MOST) this.#works.delete(this.#works.keys().next().value ?? "");
  }

  async #read() {
    const now = Date.now(); // opening the store may take a while
    try {
      this.#store = await this.#openStore();
      const record = await this.#store?.get("guards", this.#key);
      if (!record) return;
      for (const work of record.loads) this.#set(judged(work, now));
      this.#save();
    } catch (error) {
      console.warn("What stopped this workspace before could not be read.", error);
    }
  }

  /** Does not wait: this thread may hang next, and the browser writes all the same. */
  #save() {
    if (!this.#store) return;
    /** @type {GuardRecord} */
    const record = { key: this.#key, loads: [...this.#works.values()] };
    try {
      const transaction = this.#store.transaction("guards", "readwrite", { durability: "relaxed" });
      const { store } = transaction;
      const done = record.loads.length === 0 ? store.delete(this.#key) : store.put(record);
      done.catch(() => {});
      transaction.done.catch(() => {});
      transaction.commit();
    } catch {
      // The store was closed, as for a newer version of the site. It is read again when needed.
      this.#store = this.#reading = undefined;
    }
  }
}

/**
 * Delete what is noted of workspaces that are not saved, so that nobody can delete it, and that were not used
 * for long.
 *
 * @param {Store} store
 * @returns {Promise<void>}
 */
export async function forgetOldWork(store) {
  const saved = await store.getAllKeys("instances");
  for (const { key, loads } of await store.getAll("guards")) {
    const isOld = loads.every(({ at }) => Date.now() - at > REMEMBERED);
    if (isOld && !saved.includes(key)) await store.delete("guards", key);
  }
}

/**
 * @param {GuardedWork} work  as a previous worker left it
 * @param {number} now  ms since 1970
 * @returns {GuardedWork}
 */
export function judged(work, now) {
  if (work.state !== "running") return work;
  const isLong = now - work.at >= LONG;
  const interrupted = work.interrupted + (isLong || !work.isSlow ? 1 : 0);
  const isToBlame = work.isSlow
    ? interrupted >= TOO_OFTEN_WHEN_SLOW
    : isLong || interrupted >= TOO_OFTEN;
  return { ...work, interrupted, state: isToBlame ? "blocked" : "interrupted" };
}

/** @param {Request} request */
function isPage({ method }) {
  return method === "GET" || method === "HEAD";
}

/**
 * @param {GuardedWork} work
 * @param {string} what
 * @param {string} advice
 * @returns {LiteError}
 */
function stoppedBefore({ reason }, what, advice) {
  return new LiteError(`${what} stopped the workspace before, so it was not run again.`, {
    hint: `${causeInWords(reason)} ${advice}`,
    traceback: reason,
    name: STOPPED_BEFORE,
  });
}

/**
 * @param {string} [reason]  see GuardedWork
 * @returns {string} a sentence
 */
export function causeInWords(reason) {
  return reason
    ? "Python could not continue after an error inside it."
    : "Either it ran on without an end, or it needed more memory than there was.";
}
