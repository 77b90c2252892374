/**
 * The instances that live in this worker, found by the key in an address.
 *
 * Responsible for starting each once and for how many there are; what one does is instance.js's
 * business. Nothing here survives the worker: an address holds all that is needed to start again.
 */

import { Instance } from "./instance.js";

/** Each holds some 100 MB. */
const AT_MOST = 4;

export class Instances {
  /** @type {Map<string, Instance>} */
  #running = new Map();
  #siteRoot;

  /** @param {URL} siteRoot */
  constructor(siteRoot) {
    this.#siteRoot = siteRoot;
  }

  /**
   * @param {string} key
   * @param {{afresh?: boolean}} [options]  afresh: not the one whose boot failed
   * @returns {Instance}
   */
  get(key, { afresh = false } = {}) {
    let instance = this.#running.get(key);
    if (!instance || (afresh && instance.state === "failed")) {
      instance = new Instance(key, this.#siteRoot);
      this.#running.set(key, instance);
      this.#makeRoom(instance);
    }
    instance.lastUsed = performance.now();
    return instance;
  }

  /** @param {Instance} newcomer */
  #makeRoom(newcomer) {
    const idle = [...this.#running].filter(
      ([, instance]) => instance !== newcomer && instance.state !== "booting",
    );
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, instance] of idle.slice(0, Math.max(0, this.#running.size - AT_MOST))) {
      this.#running.delete(key);
      instance.close();
    }
  }
}
