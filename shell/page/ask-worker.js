/**
 * Asking the service worker a question (shared/protocol.js) and hearing its answer.
 *
 * Browsers stop workers without telling anyone, so a question without an answer is asked again.
 */

import { fromWire, LiteError } from "../shared/errors.js";
import { question, roleFor } from "../shared/protocol.js";
import { activeWorker } from "./worker-registration.js";

/** @typedef {import("../shared/protocol.js").Asked} Asked */

/**
 * @typedef {object} Listening
 * @property {(progress: any) => void} [onProgress]  of the question’s kind
 * @property {AbortSignal} [signal]  asks the worker to give up. The answer then is an error named
 *   “Cancelled”, unless the work was over just before
 */

/** ms of silence after which to ask again; Python may hold the worker's thread for a few seconds. */
const PATIENCE = [20_000, 60_000, 600_000];

/**
 * @param {Asked} about
 * @param {Listening} [listening]
 * @returns {Promise<any>} what shared/protocol.js says of the question
 * @throws {LiteError}
 */
export async function askWorker(about, listening = {}) {
  // What is added may be large, and would be there twice; what is installed starts the instance anew.
  const isOnce = ["add", "install", "uninstall"].includes(about.type);
  for (const patience of isOnce ? PATIENCE.slice(-1) : PATIENCE) {
    const answer = await answerOf(await activeWorker(roleFor(about)), about, patience, listening);
    if (answer !== SILENCE) return answer;
  }
  throw new LiteError("The site’s worker does not answer.", {
    hint: "It may be busy with much data. Wait a moment, then load the page again.",
  });
}

const SILENCE = Symbol("silence");

/**
 * @param {ServiceWorker} worker
 * @param {Asked} about
 * @param {number} patience  ms
 * @param {Listening} listening
 * @returns {Promise<any>}
 */
function answerOf(worker, about, patience, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const cancel = () => port1.postMessage({ cancel: true });
    const end = () => {
      signal?.removeEventListener("abort", cancel);
      port1.close();
    };
    const giveUp = () => {
      end();
      resolve(SILENCE);
    };
    let timer = setTimeout(giveUp, patience);
    port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      if ("working" in data) {
        timer = setTimeout(giveUp, patience);
        if (data.progress) onProgress?.(data.progress);
        return;
      }
      end();
      if ("error" in data) reject(fromWire(data.error));
      else resolve(data.value);
    };
    worker.postMessage(question(about), [port2]);
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel);
  });
}
