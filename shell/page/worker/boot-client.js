/**
 * The page's side of a boot: asks the worker to open an instance and listens until it is done.
 *
 * Shows nothing (boot-view.js does) and goes nowhere (boot-page.js does). Browsers stop service workers
 * without notice, so after a silence it asks again, whichever worker is active.
 */

import { fromWire, isOutdated } from "../../shared/errors.js";
import { PROTOCOL_VERSION, openMessage } from "../../shared/protocol.js";
import { pingWorker, startKeepAlive } from "./keep-alive.js";
import { mayReload } from "./reload-guard.js";
import { registeredWorker, whenReplaced } from "./worker-registration.js";

/** @typedef {import("../../shared/protocol.js").ProgressMessage} ProgressMessage */
/** @typedef {import("../../shared/protocol.js").WorkerMessage} WorkerMessage */

/** The worker reports every second if it can, but Python may hold its thread for a few seconds. */
const SILENCE_MILLISECONDS = 20_000;

/** How long a new version's worker may take to appear, once the old one has noticed it. */
const TAKEOVER_MILLISECONDS = 15_000;

/**
 * @typedef {object} BootListener
 * @property {(message: ProgressMessage) => void} onProgress
 * @property {(milliseconds: number) => void} onSilence  nothing was heard for this long; asked again
 * @property {boolean} [isNew]  see OpenMessage in shared/protocol.js
 * @property {boolean} [retry]  see OpenMessage; true by default, as opening a page asks for another try
 */

/**
 * Open what is saved, where a boot would replace it; that boot then ends as this one does.
 *
 * @param {string} key
 * @returns {Promise<void>}
 */
export async function openSaved(key) {
  (await registeredWorker(key)).worker.postMessage(openMessage(key, { saved: true }));
}

/**
 * Start the instance, or join its boot. Settles when it is ready and its pages can load, or when it
 * has failed. On a first visit it starts while the browser is still installing the worker.
 *
 * @param {string} key
 * @param {boolean} fresh  load its sources again, whatever is saved
 * @param {BootListener} listener
 * @returns {Promise<string>} path of the page to show when a link names none, relative to the instance
 * @throws {import("../../shared/errors.js").LiteError}
 */
export async function bootInstance(key, fresh, { onProgress, onSilence, isNew, retry = true }) {
  const registered = await registeredWorker(key);
  startKeepAlive(key);
  const over = new AbortController();
  let heardAt = performance.now();
  let silence = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let takeover;
  /** @type {ServiceWorker | undefined} the one that was asked */
  let worker;

  /** @type {Promise<string>} */
  const ended = new Promise((resolve, reject) => {
    /** @param {MessageEvent<WorkerMessage>} event */
    const onMessage = ({ data }) => {
      if (data?.v !== PROTOCOL_VERSION) {
        // This page and the worker are of different releases; a reload fetches the matching page.
        if (typeof data?.v === "number" && mayReload("protocol")) location.reload();
        return;
      }
      if (!("key" in data) || data.key !== key) return;
      heardAt = performance.now();
      silence = 0;
      if (data.type === "progress") onProgress(data);
      else if (data.type === "ready") resolve(data.path);
      else if (data.type === "failed") {
        const error = fromWire(data.error);
        if (!isOutdated(error)) return reject(error);
        takeover = setTimeout(reject, TAKEOVER_MILLISECONDS, error);
        void pingWorker(key); // the new one may be waiting already
      }
    };
    /** @type {(options?: Parameters<typeof openMessage>[1]) => Promise<void>} */
    const askAgain = async (options = { isNew }) => {
      clearTimeout(takeover);
      try {
        ask(await (await registeredWorker(key)).activated, options);
      } catch (error) {
        reject(error);
      }
    };
    /** @type {(next: ServiceWorker, options: Parameters<typeof openMessage>[1]) => void} */
    const ask = (next, options) => {
      next.postMessage(openMessage(key, options));
      // An update of the site may replace it, and the boot ends with it.
      if (next !== worker) whenReplaced(next, () => askAgain({ fresh, isNew }), over.signal);
      worker = next;
    };
    const watchdog = setInterval(() => {
      if (performance.now() - heardAt < SILENCE_MILLISECONDS) return;
      heardAt = performance.now();
      silence += SILENCE_MILLISECONDS;
      onSilence(silence);
      void askAgain();
    }, 1000);
    over.signal.addEventListener("abort", () => {
      clearInterval(watchdog);
      clearTimeout(takeover);
    });
    const container = navigator.serviceWorker;
    container.addEventListener("message", onMessage, { signal: over.signal });
    container.startMessages();
    ask(registered.worker, { retry, fresh, isNew });
  });

  try {
    const [path] = await Promise.all([ended, registered.activated]);
    return path;
  } finally {
    over.abort();
  }
}
