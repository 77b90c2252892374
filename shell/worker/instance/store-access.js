/**
 * This worker's access to the store, which all workers of the site share.
 *
 * Responsible for opening it once, and for clearing away what interrupted saves have left behind when
 * no other worker uses the store, which may be in the middle of one.
 */

import { alone, hold, ifFree } from "../../shared/locks.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { sweep } from "../store-changes.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */

/** Held by every worker that uses the store. */
const IN_USE = "store";

/** @type {Promise<Store> | undefined} */
let opening;

/** @type {Promise<unknown> | undefined} */
let entered;

/**
 * @param {Store} [closed]  one that turned out to be unusable
 * @returns {Promise<Store>}
 * @throws {import("../../shared/errors.js").LiteError} the browser lets this worker store nothing
 */
export async function openSharedStore(closed) {
  if (closed && (await opening) === closed) opening = undefined;
  opening ??= openStore(SITE_ROOT, () => (opening = undefined));
  try {
    const store = await opening;
    entered ??= enter(store);
    await entered;
    return store;
  } catch (error) {
    opening = undefined;
    throw error;
  }
}

/**
 * @param {Store} store
 * @returns {Promise<unknown>} settled when this worker may write to it
 */
function enter(store) {
  // Two workers that start at once must not both find it free, sweep in turn, and so meet what the
  // other has begun to save.
  return alone("entering the store", async () => {
    await ifFree(IN_USE, () => sweep(store));
    await hold(IN_USE);
  });
}
