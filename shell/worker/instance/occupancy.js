/**
 * That a workspace runs, told to the other workers of the site by a lock; and how one of them has it
 * stopped, to delete or replace what is saved.
 */

import { heldAfter, hold, insist, workspaceLock } from "../../shared/locks.js";
import { PROTOCOL_VERSION, stopMessage } from "../../shared/protocol.js";
import { SITE_ROOT } from "../../shared/site.js";

/** ms that a running workspace may take to stop, its last save included. */
const PATIENCE = 15_000;

/** Between the workers of one site. */
const CHANNEL = `datasette-lite ${SITE_ROOT.pathname} stop`;

/** @returns {Promise<string[]>} keys of the workspaces that run, in whichever worker */
export function runningWorkspaces() {
  return heldAfter(workspaceLock(""));
}

/**
 * @param {string} key
 * @returns {Promise<() => void>} settled when the workspace may run here; what it gives says that it no
 *   longer does
 */
export function enterWorkspace(key) {
  return hold(workspaceLock(key));
}

/**
 * Do something to a workspace that must not be running, and let it not start meanwhile. Requests for
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
  // One that hangs saves nothing any more: what is saved is no longer its own.
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
