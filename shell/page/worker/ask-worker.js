/**
 * Asking the service worker a question (shared/protocol.js) and hearing its answer.
 *
 * Browsers stop workers without telling anyone. The worker holds a lock while it is at a question, which
 * the browser releases then, so the page learns of it at once, however busy the worker was.
 */

import { fromWire, LiteError } from "../../shared/errors.js";
import { whenFree } from "../../shared/locks.js";
import { ping, question, roleFor } from "../../shared/protocol.js";
import { activeWorker } from "./worker-registration.js";

/** @typedef {import("../../shared/protocol.js").Asked} Asked */

/**
 * @typedef {object} Listening
 * @property {(progress: any) => void} [onProgress]  of the question’s kind
 * @property {AbortSignal} [signal]  asks the worker to give up. The answer then is an error named
 *   “Cancelled”, unless the work was over just before
 */

/** Name of the error that says that the browser stopped the worker before it had answered. */
export const WORKER_STOPPED = "WorkerStopped";

/** Questions of which a person decides whether they are asked again. */
const ONCE = ["add", "install", "uninstall"];

/** How often others are asked, all in all. */
const ATTEMPTS = 3;

/** ms between two looks at a worker that has not said yet that it holds the lock. */
const LOOK_EVERY = 6000;

/** ms of silence after which a worker is given up that still holds the lock: it may be busy. */
const PATIENCE = 600_000;

/** ms for which an answer may be under way when its lock is released. */
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

/** A question that was asked of a worker once. */
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
  /** Looks in a row at which the worker was there and had forgotten the question. */
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

  /** Get the lock, which is when the worker has answered, or is no more. */
  async #waitForLock() {
    this.#isLocked = true;
    const isFree = await whenFree(this.#lock, this.#over.signal);
    if (isFree) setTimeout(() => this.#resolve(STOPPED), LATE);
  }

  /** A worker that is there, and has said nothing, has never heard the question: it was stopped. */
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
 * @returns {Promise<void>} settled when it answers, which starts it if need be
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
