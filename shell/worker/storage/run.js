/** Names this run of the worker, also to the other workers of the site. */

import { hold, isHeld, runLock } from "../../shared/locks.js";

export const RUN = crypto.randomUUID();

/** @type {Promise<unknown> | undefined} */
let shown;

/**
 * Let other workers see that this run goes on.
 *
 * @returns {Promise<void>}
 */
export async function showRun() {
  shown ??= hold(runLock(RUN));
  await shown;
}

/**
 * @param {string} run
 * @returns {Promise<boolean>} whether it goes on; false where the browser does not tell
 */
export function goesOn(run) {
  return isHeld(runLock(run));
}
