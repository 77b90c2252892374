/**
 * Ends a workspace's worker, whatever it is doing, and registers another one.
 *
 * No page can stop a worker directly. But the browser ends an unregistered worker once it controls no page
 * any more, within a second even if it hangs. So all pages of the workspace leave it first. A tab in which
 * nothing was loaded yet cannot be told to; then the worker ends when the browser gives it up, which takes
 * Chromium 60 to 90 seconds.
 */

import { alone, isHeld, restartLock, whenFree, workspaceLock } from "../../shared/locks.js";
import { leaveMessage, PROTOCOL_VERSION } from "../../shared/protocol.js";
import { scopeOf } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";
import { registeredWorker } from "./worker-registration.js";

/** The channel between the pages of one site. */
const CHANNEL = `datasette-lite ${SITE_ROOT.pathname} leave`;

/** ms to wait for a worker to end; browsers give one up before. */
const PATIENCE = 180_000;

/**
 * @param {string} key
 * @param {() => void} leave  called when a page is about to end the workspace's worker
 */
export function onRestart(key, leave) {
  new BroadcastChannel(CHANNEL).addEventListener("message", ({ data }) => {
    if (data?.v === PROTOCOL_VERSION && data.type === "leave" && data.key === key) leave();
  });
}

/**
 * Restart a workspace's worker. Call this on a page outside the workspace.
 *
 * @param {string} key
 * @param {() => Promise<unknown>} [meanwhile]  what to do before the next one starts
 * @returns {Promise<void>} settled when another worker is there
 * @throws {import("../../shared/errors.js").LiteError} no other worker can be had
 */
export function restartWorker(key, meanwhile = async () => {}) {
  return alone(restartLock(key), async () => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage(leaveMessage(key));
    channel.close();
    const scope = scopeOf(key);
    const registration = await navigator.serviceWorker.getRegistration(scope);
    if (registration?.scope === scope) await registration.unregister();
    // Registering it earlier would revive the one that hangs.
    await whenFree(workspaceLock(key), AbortSignal.timeout(PATIENCE));
    await meanwhile();
    await (
      await registeredWorker(key)
    ).activated;
  });
}

/**
 * @param {string} key
 * @returns {Promise<void>} settled when no page is restarting the workspace any more
 */
export async function restarted(key) {
  while (await isHeld(restartLock(key))) await alone(restartLock(key), async () => {});
}
