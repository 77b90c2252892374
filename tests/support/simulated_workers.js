/**
 * Simulates, in Node, service workers that share a store and Web Locks: at each transaction, lock and
 * opening of the store, a random one continues, and any can be killed at any call.
 *
 * The store is fake-indexeddb's. A transaction runs to its end once it has begun, as nothing may be
 * awaited in one; its worker learns of that when its turn comes, or is killed before.
 */

import "fake-indexeddb/auto";
import { AsyncLocalStorage } from "node:async_hooks";
import { register } from "node:module";
import { importWorkerModule } from "./worker_modules.js";

register("./small_blocks_hooks.js", import.meta.url);

const { openStore } = await importWorkerModule("shell/shared/saved-store.js");

/** @type {AsyncLocalStorage<SimulatedWorker>} */
const current = new AsyncLocalStorage();
const NEVER = new Promise(() => {});
let worlds = 0;

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class World {
  /** Counts turns. */
  clock = 0;
  /** The probability that a put fails even though there is room. */
  shortage = 0;
  /** Whether there is room for a put, regardless of the shortage. */
  hasRoom = () => true;
  url = new URL(`http://localhost/world-${++worlds}/`);
  locks = new SimulatedLocks(this);
  workers = new Set();
  #waiting = [];
  #moving = 0;

  constructor(seed) {
    this.random = randomOf(seed);
    let ids = 0;
    crypto.randomUUID = () => `id-${++ids}`;
    globalThis.navigator = { userAgent: "Node", locks: this.locks };
  }

  /** A whole number below `end`. */
  below(end) {
    return Math.floor(this.random() * end);
  }

  chance(probability) {
    return this.random() < probability;
  }

  /** Begin a worker that does `work`; it may be killed at any call, with this probability. */
  begin(work, { mortality = 0 } = {}) {
    const worker = new SimulatedWorker(this, mortality);
    this.workers.add(worker);
    worker.ended = current.run(worker, () =>
      this.pause(worker)
        .then(() => work(worker))
        .finally(() => worker.end()),
    );
    worker.ended.catch((error) => (worker.error = error));
    return worker;
  }

  /** Wait for a turn. */
  pause(worker) {
    if (worker.isOver) return NEVER;
    return new Promise((go) => this.#waiting.push({ worker, go }));
  }

  /** Do work that needs no turns. */
  async moving(work) {
    this.#moving += 1;
    try {
      return await work;
    } finally {
      this.#moving -= 1;
    }
  }

  /** Give turns until no worker wants one. */
  async run() {
    for (let idle = 0; idle < 4; idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#moving > 0) idle = 0;
      if (idle < 2) continue;
      this.#waiting = this.#waiting.filter(({ worker }) => !worker.isOver);
      if (this.#waiting.length === 0) continue;
      const [{ worker, go }] = this.#waiting.splice(this.below(this.#waiting.length), 1);
      this.clock += 1;
      if (this.chance(worker.mortality)) worker.kill();
      else go();
      idle = 0;
    }
    const stuck = [...this.workers].filter(({ isOver }) => !isOver);
    if (stuck.length > 0) throw new Error(`${stuck.length} workers wait for ever`);
  }
}

export class SimulatedWorker {
  isKilled = false;
  hasEnded = false;
  /** The error that its work ended with. */
  error;
  #world;
  #transactions = new Set();
  #stores = [];

  constructor(world, mortality) {
    this.#world = world;
    this.mortality = mortality;
  }

  get isOver() {
    return this.isKilled || this.hasEnded;
  }

  /** End it like a process: it does nothing any more. */
  kill() {
    this.isKilled = true;
    for (const transaction of this.#transactions) {
      try {
        transaction.abort();
      } catch {
        // It is being committed.
      }
    }
    this.end();
  }

  end() {
    this.hasEnded = true;
    this.#world.locks.releaseAll(this);
    for (const store of this.#stores) store.close();
  }

  /** Open the store, as Instances does. */
  async openStore() {
    await this.#world.pause(this);
    const store = await this.#world.moving(openStore(this.#world.url));
    this.#stores.push(store);
    await this.#world.pause(this);
    return this.#wrapped(store, {
      transaction: (...values) => this.#begin(store.transaction(...values)),
    });
  }

  #begin(transaction) {
    if (this.isOver) return { done: NEVER, objectStore: () => ({}) };
    let error;
    this.#transactions.add(transaction);
    const over = transaction.done.finally(() => this.#transactions.delete(transaction));
    over.catch(() => {});
    const heard = this.#world.moving(over).then(
      () => this.#world.pause(this),
      (cause) => this.#world.pause(this).then(() => Promise.reject(cause)),
    );
    heard.catch(() => {});
    const put = (objectStore, values) => {
      const { shortage, hasRoom } = this.#world;
      if (hasRoom() && !this.#world.chance(shortage)) return objectStore.put(...values);
      error = new DOMException("There is no room.", "QuotaExceededError");
      transaction.abort();
      return Promise.reject(error);
    };
    const objectStore = (name) => {
      const real = transaction.objectStore(name);
      return this.#wrapped(real, { put: (...values) => put(real, values) });
    };
    return this.#wrapped(transaction, {
      objectStore,
      get done() {
        return heard;
      },
      get store() {
        return objectStore(transaction.objectStoreNames[0]);
      },
      get error() {
        return error ?? transaction.error;
      },
    });
  }

  /** The object with some members replaced; each call is one at which the worker may be killed. */
  #wrapped(object, members) {
    return new Proxy(object, {
      get: (target, name) => {
        if (name in members && typeof members[name] !== "function") return members[name];
        const value = members[name] ?? target[name];
        if (typeof value !== "function") return value;
        return (...values) => {
          if (this.#world.chance(this.mortality)) this.kill();
          if (this.isOver) return name === "transaction" ? this.#begin() : NEVER;
          const result = name in members ? value(...values) : value.apply(target, values);
          return result instanceof Promise ? this.#unlessKilled(result) : result;
        };
      },
    });
  }

  #unlessKilled(promise) {
    promise.catch(() => {});
    return this.#world.moving(promise).then(
      (value) => (this.isOver ? NEVER : value),
      (error) => (this.isOver ? NEVER : Promise.reject(error)),
    );
  }
}

/** Web Locks, of which each is held by one worker at most. */
class SimulatedLocks {
  /** @type {Map<string, SimulatedWorker>} */
  held = new Map();
  #world;

  constructor(world) {
    this.#world = world;
  }

  async request(name, options, work) {
    const worker = current.getStore();
    if (typeof options === "function") [options, work] = [{}, options];
    await this.#world.pause(worker);
    if (this.held.has(name)) {
      if (!options.ifAvailable) throw new Error("Nobody waits for locks here.");
      return work(null);
    }
    this.held.set(name, worker);
    try {
      return await work({ name });
    } finally {
      if (!worker.isOver) this.held.delete(name);
    }
  }

  releaseAll(worker) {
    for (const [name, holder] of this.held) if (holder === worker) this.held.delete(name);
  }
}
