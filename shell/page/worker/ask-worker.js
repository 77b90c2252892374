/**
 * Asks the service worker a question (shared/protocol.js) and waits for its answer.
 *
 * Browsers stop workers without notice. The worker holds a lock while it works on a question, and the
 * browser then releases it, so the page learns of it at once, however busy the worker was. If an update of
 * the site replaces the worker before it has the lock, the browser tells the page so.
 */

import { fromWire, LiteError } from "../../shared/errors.js";
import { whenFree } from "../../shared/locks.js";
import { ping, question, roleFor } from "../../shared/protocol.js";
import { activeWorker, whenReplaced } from "./worker-registration.js";

/** @typedef {import("../../shared/protocol.js").Asked} Asked */

/**
 * @typedef {object} Listening
 * @property {(progress: any) => void} [onProgress]  of the question’s kind
 * @property {AbortSignal} [signal]  asks the worker to give up. The answer then is an error named
 *   “Cancelled”, unless the work was over just before
 */

/** Name of the error for a worker that the browser stopped before it had answered. */
export const WORKER_STOPPED = "WorkerStopped";

/** Questions that are repeated only if a person decides so: they change something, or a file may be at fault. */
const ONCE = ["add", "keep-copy", "install", "uninstall", "preview"];

/** How often the other questions are asked in all. */
const ATTEMPTS = 3;

/** ms between two checks of a worker that has not yet said that it holds the lock. */
const LOOK_EVERY = 6000;

/** ms of silence after which a worker that still holds the lock is given up: it may be busy. */
const PATIENCE = 600_000;

/** ms that an answer may still take to arrive after its lock is released or its worker replaced. */
const LATE = 1000;

/**
 * @param {Asked} about
 * @param {Listening} [listening]
 * @returns {Promise<any>} what shared/protocol.js says of the question
 * @throws {LiteError} named WORKER_STOPPED if asking again may help
 */
export async function askWorker(about, listening = {}) {
  const attempts = ONCE.includes(about.type) ? 1 : ATTEMPTS;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const answer = await new Question(await activeWorker(roleFor(about)), listening).ask(about);
    if (answer !== STOPPED) return answer;
  }
  throw new LiteError("The browser stopped this site’s worker before it answered.", {
    hint: "Memory may be short: close other tabs, then try again. Everything saved before is unharmed.",
    name: WORKER_STOPPED,
  });
}

const STOPPED = Symbol("stopped");

/** One question to one worker. */
class Question {
  #worker;
  #listening;
  #lock = `question ${crypto.randomUUID()}`;
  #port;
  /** @type {(answer: any) => void} */
  #resolve = () => {};
  /** @type {(error: unknown) => void} */
  #reject = () => {};
  #heardAt = performance.now();
  #isLocked = false;
  /** Checks in a row in which the worker answered but had forgotten the question. */
  #forgotten = 0;
  #over = new AbortController();

  /**
   * @param {ServiceWorker} worker
   * @param {Listening} listening
   */
  constructor(worker, listening) {
    this.#worker = worker;
    this.#listening = listening;
    const { port1, port2 } = new MessageChannel();
    this.#port = { ours: port1, theirs: port2 };
  }

  /**
   * @param {Asked} about
   * @returns {Promise<any>} the answer, or STOPPED
   */
  async ask(about) {
    const { signal } = this.#listening;
    const { ours, theirs } = this.#port;
    const cancel = () => ours.postMessage({ cancel: true });
    const looking = setInterval(() => void this.#look(), LOOK_EVERY);
    try {
      return await new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        ours.onmessage = ({ data }) => this.#hear(data);
        whenReplaced(this.#worker, () => this.#stopSoon(), this.#over.signal);
        this.#worker.postMessage(question(about, this.#lock), [theirs]);
        if (signal?.aborted) cancel();
        else signal?.addEventListener("abort", cancel);
      });
    } finally {
      clearInterval(looking);
      this.#over.abort();
      signal?.removeEventListener("abort", cancel);
      ours.close();
    }
  }

  /** @param {import("../../shared/protocol.js").Answer} answer */
  #hear(answer) {
    this.#heardAt = performance.now();
    this.#forgotten = 0;
    if ("working" in answer) {
      if (answer.locked) void this.#waitForLock();
      if (answer.progress) this.#listening.onProgress?.(answer.progress);
    } else if ("error" in answer) this.#reject(fromWire(answer.error));
    else this.#resolve(answer.value);
  }

  /** Wait for the lock, which is free when the worker has answered or has been stopped. */
  async #waitForLock() {
    this.#isLocked = true;
    if (await whenFree(this.#lock, this.#over.signal)) this.#stopSoon();
  }

  /** The worker is gone, or has answered. */
  #stopSoon() {
    setTimeout(() => this.#resolve(STOPPED), LATE);
  }

  /** A worker that answers pings but has said nothing never heard the question: it was stopped. */
  async #look() {
    if (performance.now() - this.#heardAt > PATIENCE) this.#reject(noAnswer());
    if (this.#isLocked || performance.now() - this.#heardAt < LOOK_EVERY) return;
    const askedAt = performance.now();
    await isThere(this.#worker, this.#over.signal);
    if (this.#heardAt < askedAt && ++this.#forgotten > 1) this.#resolve(STOPPED);
  }
}

/**
 * @param {ServiceWorker} worker
 * @param {AbortSignal} signal  ends the waiting
 * @returns {Promise<void>} settled when it answers; asking starts it if necessary
 */
function isThere(worker, signal) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    signal.addEventListener("abort", () => port1.close());
    worker.postMessage(ping(), [port2]);
  });
}

/** @returns {LiteError} */
function noAnswer() {
  return new LiteError("The site’s worker does not answer.", {
    hint: "It may be busy with a lot of data. Wait a moment, then load the page again.",
  });
}
