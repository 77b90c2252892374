/**
 * Shows other workers of the site, by a lock, that a workspace is running; and lets one of them stop
 * it, to delete or replace what is saved.
 */

import { heldAfter, hold, insist, workspaceLock } from "../../shared/locks.js";
import { PROTOCOL_VERSION, stopMessage } from "../../shared/protocol.js";
import { SITE_ROOT } from "../../shared/site.js";

/** ms that a running workspace may take to stop, including its last save. */
const PATIENCE = 15_000;

/** The channel between the workers of one site. */
const CHANNEL = `datasette-lite ${SITE_ROOT.pathname} stop`;

/** @returns {Promise<string[]>} keys of the workspaces that run, in any worker */
export function runningWorkspaces() {
  return heldAfter(workspaceLock(""));
}

/**
 * @param {string} key
 * @returns {Promise<() => void>} settled when the workspace may run here; call the result when it
 *   no longer runs
 */
export function enterWorkspace(key) {
  return hold(workspaceLock(key));
}

/**
 * Do something to a workspace while it must not run, and keep it from starting meanwhile. Requests for
 * it wait.
 *
 * @template T
 * @param {string} key
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileStopped(key, work) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(stopMessage(key));
  channel.close();
  // A workspace that hangs saves nothing more, so what is saved can be taken from it.
  return insist(workspaceLock(key), PATIENCE, work);
}

/**
 * @param {(key: string) => void} stop  called when another worker, or this one, wants a workspace stopped
 */
export function onStop(stop) {
  new BroadcastChannel(CHANNEL).addEventListener("message", ({ data }) => {
    if (data?.v === PROTOCOL_VERSION && data.type === "stop") stop(data.key);
  });
}
