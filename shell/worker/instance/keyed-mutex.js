/**
 * Runs pieces of work with the same name one after the other.
 */

export class KeyedMutex {
  /** @type {Map<string, Promise<unknown>>} the last piece of each name */
  #last = new Map();

  /**
   * @param {string} name
   * @returns {Promise<unknown> | undefined} settled when all work requested so far is done
   */
  of(name) {
    return this.#last.get(name);
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>} the result of the work, whatever the outcome of earlier pieces
   */
  async take(name, work) {
    const turn = Promise.resolve(this.#last.get(name))
      .catch(() => {})
      .then(work);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
