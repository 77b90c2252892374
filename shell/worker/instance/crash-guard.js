/**
 * Remembers which page loads stopped a workspace's Python, so that the next start does not repeat them.
 *
 * Neither a hung thread nor a killed process can report itself. So each load is noted in the store
 * before Python begins it, and crossed out when its answer begins. Nothing waits for these writes, and
 * an address that was answered once since the worker started is not noted again, so pages cost next to
 * nothing. Loads that a start finds noted were running when the previous worker ended.
 *
 * Only loads that change nothing (GET) are watched, since those are what browsers and people repeat.
 */

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").GuardedLoad} GuardedLoad */
/** @typedef {import("../../shared/saved-store.js").GuardRecord} GuardRecord */

/** ms: a load that had been running this long when the worker stopped is blamed at once. */
const LONG = 5000;

/** Browsers stop workers at any moment, so short loads are blamed only after this many stops in a row. */
const TOO_OFTEN = 3;

/** The most loads that are remembered. */
const MOST = 20;

/** The most answered addresses that are not noted again. */
const MOST_ANSWERED = 2000;

export class CrashGuard {
  #key;
  #openStore;
  /** @type {Promise<void> | undefined} */
  #reading;
  /** @type {Store | undefined} */
  #store;
  /** @type {Map<string, GuardedLoad>} by address */
  #loads = new Map();
  /** @type {Map<string, number>} how many requests Python is working on, by address */
  #running = new Map();
  /** @type {Set<string>} addresses answered since the worker started */
  #answered = new Set();

  /**
   * @param {string} key  of the workspace
   * @param {() => Promise<Store | undefined>} openStore  undefined where nothing is saved
   */
  constructor(key, openStore) {
    this.#key = key;
    this.#openStore = openStore;
  }

  /**
   * @param {Request} request
   * @returns {Promise<GuardedLoad | undefined>} why the request must not reach Python; undefined if it may
   */
  async blocked(request) {
    if (!isWatched(request)) return undefined;
    this.#reading ??= this.#read();
    await this.#reading;
    const load = this.#loads.get(addressOf(request));
    return load?.state === "blocked" ? load : undefined;
  }

  /**
   * Note that Python begins with a request.
   *
   * @param {Request} request
   * @returns {() => void} call this when its answer has begun, or failed
   */
  begin(request) {
    const address = addressOf(request);
    if (!isWatched(request) || this.#answered.has(address)) return () => {};
    const interrupted = this.#loads.get(address)?.interrupted ?? 0;
    this.#running.set(address, (this.#running.get(address) ?? 0) + 1);
    this.#note({ address, at: Date.now(), interrupted, state: "running" });
    return () => this.#end(address);
  }

  /**
   * Python has broken down: blame whatever it was working on.
   *
   * @param {unknown} error
   */
  failed(error) {
    const reason = String(error).split("\n")[0];
    for (const load of this.#loads.values()) {
      if (load.state === "running") this.#set({ ...load, state: "blocked", reason });
    }
    this.#save();
  }

  /**
   * Let a load reach Python once more.
   *
   * @param {string} address  path and query
   * @returns {Promise<void>}
   */
  async allow(address) {
    this.#reading ??= this.#read();
    await this.#reading;
    this.#loads.delete(address);
    this.#save();
  }

  /** @param {string} address */
  #end(address) {
    const others = (this.#running.get(address) ?? 1) - 1;
    if (others > 0) {
      this.#running.set(address, others);
      return;
    }
    this.#running.delete(address);
    if (this.#loads.get(address)?.state !== "running") return; // it broke Python
    this.#loads.delete(address);
    if (this.#answered.size < MOST_ANSWERED) this.#answered.add(address);
    this.#save();
  }

  /** @param {GuardedLoad} load */
  #note(load) {
    this.#set(load);
    this.#save();
  }

  /** @param {GuardedLoad} load */
  #set(load) {
    this.#loads.delete(load.address);
    this.#loads.set(load.address, load);
    if (this.#loads.size > MOST) this.#loads.delete(this.#loads.keys().next().value ?? "");
  }

  async #read() {
    try {
      this.#store = await this.#openStore();
      const record = await this.#store?.get("guards", this.#key);
      if (!record) return;
      const now = Date.now();
      for (const load of record.loads) this.#set(judged(load, now));
      this.#save();
    } catch (error) {
      console.warn("Which pages stopped this workspace before could not be read.", error);
    }
  }

  /** Does not wait: this thread may hang next, and the browser writes all the same. */
  #save() {
    if (!this.#store) return;
    /** @type {GuardRecord} */
    const record = { key: this.#key, loads: [...this.#loads.values()] };
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
 * @param {GuardedLoad} load  as a previous worker left it
 * @param {number} now  ms since 1970
 * @returns {GuardedLoad}
 */
export function judged(load, now) {
  if (load.state !== "running") return load;
  const interrupted = load.interrupted + 1;
  const isToBlame = now - load.at >= LONG || interrupted >= TOO_OFTEN;
  return { ...load, interrupted, state: isToBlame ? "blocked" : "interrupted" };
}

/** @param {Request} request */
function isWatched({ method }) {
  return method === "GET" || method === "HEAD";
}

/** @param {Request} request */
function addressOf({ url }) {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
