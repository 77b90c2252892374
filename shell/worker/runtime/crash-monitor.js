/**
 * Whether an instance's Python still works. When it breaks down, whatever waits for it would wait for
 * ever, since nothing of it is settled any more; here all such waiting ends with the error.
 */

/** @typedef {import("./runtime.js").Pyodide} Pyodide */

export class Breakdown {
  /** @type {unknown} what broke Python down; undefined while it works */
  error;
  onBreakdown = () => {};
  /** @type {Set<(error: unknown) => void>} how those who wait for Python learn of it */
  #waiting = new Set();

  /** @param {Pyodide} pyodide */
  watch(pyodide) {
    // Not in its types, but nothing else reports it.
    /** @type {any} */ (pyodide)._api.on_fatal = (/** @type {unknown} */ error) => {
      this.error = error;
      this.onBreakdown();
      for (const fail of this.#waiting) fail(error);
    };
  }

  /**
   * @template T
   * @param {Promise<T>} work  of Python's
   * @returns {Promise<T>} the same, but rejected when Python breaks down
   */
  unless(work) {
    return new Promise((resolve, reject) => {
      if (this.error) reject(this.error);
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}
