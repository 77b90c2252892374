/**
 * Lets an instance's files be copied only when no request is half done.
 *
 * The reply to a request is saved in one transaction with what the request changed, so that a repeated
 * request finds either both or neither (saved-replies.js). A copy from the middle of a request would
 * contain changes whose reply does not exist yet. Requests run side by side; before a copy, new requests
 * wait and running ones are waited for. The wait is short: a request that takes long loses this
 * protection, not its changes.
 */

/** ms that a copy waits for the requests that are running. They take 50; twenty times that on a busy machine. */
const PATIENCE = 2000;

export class WriteGate {
  #running = 0;
  /** @type {Promise<void> | undefined} settled when the copy that is due has been taken */
  #copied;
  /** @type {() => void} */
  #onEmpty = () => {};

  /**
   * Begin a request.
   *
   * @returns {Promise<() => void>} ends it; calling it again does nothing
   */
  async enter() {
    while (this.#copied) await this.#copied;
    this.#running += 1;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#running -= 1;
      if (this.#running === 0) this.#onEmpty();
    };
  }

  /**
   * @template T
   * @param {() => T} copy  called while no request runs, or when that has taken too long
   * @returns {Promise<T>}
   */
  async copy(copy) {
    if (this.#running === 0) return copy();
    const empty = new Promise((resolve) => {
      this.#onEmpty = () => resolve(undefined);
      setTimeout(resolve, PATIENCE);
    });
    const turn = empty.then(copy);
    this.#copied = turn.then(
      () => (this.#copied = undefined),
      () => (this.#copied = undefined),
    );
    return turn;
  }
}
