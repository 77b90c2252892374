/**
 * The page's side of a boot: asks the worker to open an instance and hears it out.
 *
 * Shows nothing (that is boot-view.js) and goes nowhere (boot-page.js). Browsers stop service workers
 * without telling anyone, so a silence is answered by asking again, of whichever worker is active.
 */

import { OUTDATED, fromWire } from "../../shared/errors.js";
import { PROTOCOL_VERSION, openMessage } from "../../shared/protocol.js";
import { pingWorker, startKeepAlive } from "./keep-alive.js";
import { mayReload } from "./reload-guard.js";
import { registeredWorker } from "./worker-registration.js";

/** @typedef {import("../../shared/protocol.js").ProgressMessage} ProgressMessage */
/** @typedef {import("../../shared/protocol.js").WorkerMessage} WorkerMessage */

/** The worker reports every second while it can; Python may hold its thread for a few. */
const SILENCE_MILLISECONDS = 20_000;

/** How long the worker of a new version may take to be there, once the old one has noticed it. */
const TAKEOVER_MILLISECONDS = 15_000;

/**
 * @typedef {object} BootListener
 * @property {(message: ProgressMessage) => void} onProgress
 * @property {(milliseconds: number) => void} onSilence  nothing was heard for so long; asked again
 * @property {boolean} [isNew]  see OpenMessage in shared/protocol.js
 */

/**
 * Have what is saved opened, where a boot is to replace it; that boot then ends as this one does.
 *
 * @param {string} key
 * @returns {Promise<void>}
 */
export async function openSaved(key) {
  (await registeredWorker(key)).worker.postMessage(openMessage(key, { saved: true }));
}

/**
 * Start the instance, or join its boot; settles when it is ready and its pages can be had, or when it
 * has failed. On a first visit it starts while the browser is still installing the worker.
 *
 * @param {string} key
 * @param {boolean} fresh  load its sources again, whatever is saved
 * @param {BootListener} listener
 * @returns {Promise<void>}
 * @throws {import("../../shared/errors.js").LiteError}
 */
export async function bootInstance(key, fresh, { onProgress, onSilence, isNew }) {
  const registered = await registeredWorker(key);
  let { worker } = registered;
  startKeepAlive(key);
  const container = navigator.serviceWorker;
  let heardAt = performance.now();
  let silence = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let takeover;
  /** @type {() => void} */
  let stop = () => {};

  /** @type {Promise<void>} */
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
      else if (data.type === "ready") resolve();
      else if (data.type === "failed") {
        const error = fromWire(data.error);
        if (error.name !== OUTDATED) return reject(error);
        takeover = setTimeout(reject, TAKEOVER_MILLISECONDS, error);
        void pingWorker(key); // the new one may wait already
      }
    };
    const askAgain = async () => {
      clearTimeout(takeover);
      try {
        worker = await (await registeredWorker(key)).activated;
        worker.postMessage(openMessage(key, { isNew }));
      } catch (error) {
        reject(error);
      }
    };
    const watchdog = setInterval(() => {
      if (performance.now() - heardAt < SILENCE_MILLISECONDS) return;
      heardAt = performance.now();
      silence += SILENCE_MILLISECONDS;
      onSilence(silence);
      void askAgain();
    }, 1000);
    container.addEventListener("message", onMessage);
    // An update of the site took over: the boot went with the old worker.
    container.addEventListener("controllerchange", askAgain);
    stop = () => {
      clearInterval(watchdog);
      clearTimeout(takeover);
      container.removeEventListener("message", onMessage);
      container.removeEventListener("controllerchange", askAgain);
    };
  });

  container.startMessages();
  // Whoever comes here wants a fresh try, should an earlier one have failed.
  worker.postMessage(openMessage(key, { retry: true, fresh, isNew }));
  try {
    await Promise.all([ended, registered.activated]);
  } finally {
    stop();
  }
}
