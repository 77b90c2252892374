/**
 * Checks whether a workspace's worker answers. It runs Python on its only thread, so while Python hangs it
 * answers neither pages nor messages. Open pages notice that, and lead to one outside the workspace.
 */

import { heldAfter, workspaceLock } from "../../shared/locks.js";
import { ping } from "../../shared/protocol.js";
import { scopeOf } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";

/** ms between two pings while the page is in view. */
const EVERY = 3000;

/** ms of silence that ordinary work, such as a large query, may cause. */
export const PATIENCE = 15_000;

/**
 * @param {string} key
 * @param {string} [place]  of the page that the person wants, relative to the workspace
 * @returns {string} address of the page with the options for a workspace that hangs. Its hash, which stays
 *   in the browser, names the workspace and the place
 */
export function unresponsiveAddress(key, place = "") {
  const about = new URLSearchParams({ workspace: key, place });
  return `${SITE_ROOT.href}unresponsive.html#${about}`;
}

/**
 * @typedef {object} Listener
 * @property {(milliseconds: number) => void} onSilent  called at each ping that is not answered in time
 * @property {() => void} onAnswer  called at each answer
 */

/**
 * Ping a workspace's worker for as long as the page exists and is in view.
 *
 * @param {string} key
 * @param {Listener} listener
 * @param {number} [patience]  ms
 */
export function watchAnswers(key, { onSilent, onAnswer }, patience = PATIENCE) {
  /** @type {number | undefined} when the first unanswered ping was sent */
  let since;
  let tickedAt = performance.now();
  let pingedAt = -Infinity;
  const tick = async () => {
    const now = performance.now();
    // While the whole device or tab was paused, nothing could answer.
    if (now - tickedAt > 3 * EVERY) since = undefined;
    tickedAt = now;
    if (document.visibilityState !== "visible") {
      since = undefined;
      return;
    }
    if (since !== undefined && now - since > patience) onSilent(now - since);
    // A message that wakes a worker just as it makes way for a newer version keeps that from taking over.
    if (now - pingedAt < PATIENCE && (await isBeingReplaced(key))) return;
    pingedAt = now;
    since ??= now;
    const isThere = await pingedWorker(key);
    since = undefined;
    if (isThere) onAnswer();
  };
  setInterval(() => void tick(), EVERY);
  void tick();
}

/**
 * Find the running workspaces that do not answer. It wakes none that is stopped.
 *
 * @param {number} patience  ms of silence
 * @returns {Promise<string[]>} their keys
 */
export async function silentWorkspaces(patience) {
  const running = await heldAfter(workspaceLock(""));
  const answers = running.map((key) =>
    Promise.race([
      pingedWorker(key).then(() => true),
      new Promise((resolve) => setTimeout(resolve, patience, false)),
    ]),
  );
  const isThere = await Promise.all(answers);
  return running.filter((_, index) => !isThere[index]);
}

/**
 * @param {string} key
 * @returns {Promise<ServiceWorkerRegistration | undefined>} its own
 */
async function registrationOf(key) {
  const scope = scopeOf(key);
  const registration = await navigator.serviceWorker.getRegistration(scope).catch(() => undefined);
  return registration?.scope === scope ? registration : undefined;
}

/**
 * @param {string} key
 * @returns {Promise<boolean>} whether a newer version waits for its worker to make way
 */
async function isBeingReplaced(key) {
  return !!(await registrationOf(key))?.waiting;
}

/**
 * @param {string} key
 * @returns {Promise<boolean>} settled when its worker answers; false if it has none
 */
async function pingedWorker(key) {
  const worker = (await registrationOf(key))?.active;
  if (!worker) return false;
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(true);
    };
    worker.postMessage(ping(), [port2]);
  });
}
