/**
 * Stores the answers to questions about code, one record for each instance.
 */

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").Decision} Decision */

/** Kept in this browser; or, if nothing can be saved, for as long as the worker lives. */
export class Decisions {
  #openStore;
  /** @type {Map<string, Decision>} */
  #unsaved = new Map();

  /** @param {() => Promise<Store>} openStore */
  constructor(openStore) {
    this.#openStore = openStore;
  }

  /**
   * @param {string} key  of the instance
   * @returns {Promise<Decision | undefined>}
   */
  async of(key) {
    const unsaved = this.#unsaved.get(key);
    if (unsaved) return unsaved;
    const store = await this.#openStore().catch(() => undefined);
    return store?.get("decisions", key);
  }

  /**
   * Add to the decision.
   *
   * @param {string} key
   * @param {string[]} ids  of items, see idOf in consent.js
   * @param {boolean} allow
   */
  async add(key, ids, allow) {
    const others = (/** @type {string[]} */ list) => list.filter((id) => !ids.includes(id));
    await this.#change(key, ({ allowed, refused }) => ({
      key,
      allowed: [...others(allowed), ...(allow ? ids : [])].sort(),
      refused: [...others(refused), ...(allow ? [] : ids)].sort(),
    }));
  }

  /**
   * Record how many starts with the allowed code have not finished.
   *
   * @param {string} key
   * @param {number} unfinished
   */
  async note(key, unfinished) {
    await this.#change(key, (decision) => ({ ...decision, unfinished }));
  }

  /**
   * Leave the allowed code out until the next decision.
   *
   * @param {string} key
   */
  async pause(key) {
    await this.#change(key, (decision) => ({ ...decision, paused: true }));
  }

  /**
   * @param {string} key
   * @param {(decision: Decision) => Decision} work
   */
  async #change(key, work) {
    const none = { key, allowed: [], refused: [] };
    const unsaved = this.#unsaved.get(key);
    try {
      const transaction = (await this.#openStore()).transaction("decisions", "readwrite");
      const decision = unsaved ?? (await transaction.store.get(key)) ?? none;
      await Promise.all([transaction.store.put(work(decision)), transaction.done]);
      this.#unsaved.delete(key);
    } catch (error) {
      console.warn("What was decided about code is not saved.", error);
      this.#unsaved.set(key, work(unsaved ?? none));
    }
  }

  /**
   * Forget the decision, so that the question comes up again.
   *
   * @param {string} key
   */
  async forget(key) {
    this.#unsaved.delete(key);
    const store = await this.#openStore().catch(() => undefined);
    await store?.delete("decisions", key);
  }
}
