/**
 * Tracks what uses an instance: requests until they are answered, streamed answers until they are read in
 * full or no longer wanted, WebSockets, and what the application does after its answer, such as background
 * tasks.
 *
 * Closing an instance waits for these, but not for an abandoned download: a stream that does not move
 * for a while is given up, so that its reader sees a failure, not half a file.
 */

import { LiteError } from "../../shared/errors.js";

/** @typedef {import("../bridge/bridge.js").Streaming} Streaming */

/** ms to wait for requests, and for which a stream may stand still. */
const PATIENCE = 5000;

export class InUse {
  /** @type {Set<Promise<unknown>>} */
  #work = new Set();
  /** @type {Set<Promise<unknown>>} calls of the application */
  #calls = new Set();
  /** @type {Set<Streaming>} */
  #streams = new Set();

  /** @returns {boolean} */
  get isBusy() {
    return this.#work.size > 0 || this.#streams.size > 0 || this.#calls.size > 0;
  }

  /** @returns {boolean} whether a request is waiting for its answer to begin */
  get isAwaited() {
    return this.#work.size > 0;
  }

  /**
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>} the same
   */
  async during(work) {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /**
   * @param {Promise<void>} call  of the application, which may go on after its answer is complete
   * @returns {Promise<void>} the same
   */
  called(call) {
    this.#calls.add(call);
    const end = () => void this.#calls.delete(call);
    call.then(end, end);
    return call;
  }

  /** @param {Streaming} stream */
  add(stream) {
    this.#streams.add(stream);
    void stream.closed.then(() => this.#streams.delete(stream));
  }

  /**
   * Wait until nothing uses the instance any more, or until what does has come to a standstill.
   *
   * @param {number} [patience]  ms
   * @returns {Promise<void>} never rejected
   */
  async end(patience = PATIENCE) {
    await within(Promise.allSettled(this.#work), patience);
    await Promise.all([...this.#streams].map((stream) => ended(stream, patience)));
    await within(Promise.allSettled(this.#calls), patience);
  }
}

/**
 * @param {Streaming} stream
 * @param {number} patience  ms
 */
async function ended(stream, patience) {
  for (;;) {
    const left = stream.movedAt + patience - performance.now();
    if (await within(stream.closed, left)) return;
    if (performance.now() - stream.movedAt < patience) continue;
    return stream.fail(
      new LiteError("This data was closed, because nobody had read on for a while.", {
        hint: "Start the download again.",
      }),
    );
  }
}

/**
 * @param {Promise<unknown>} work
 * @param {number} ms
 * @returns {Promise<boolean>} whether it was over by then, well or not
 */
export function within(work, ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, ms), false);
    const end = () => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(end, end);
  });
}
