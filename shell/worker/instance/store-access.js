/**
 * Opens this worker's access to the store, which all workers of the site share.
 *
 * Opens it once, and clears away what interrupted saves have left behind. Saves that other workers have
 * in progress stay (generations.js).
 */

import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { forgetOldWork } from "./crash-guard.js";
import { sweep } from "../storage/generations.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */

/** @type {Promise<Store> | undefined} */
let opening;

/** @type {Promise<void> | undefined} */
let swept;

/**
 * @param {Store} [closed]  a store that turned out to be unusable
 * @returns {Promise<Store>}
 * @throws {import("../../shared/errors.js").LiteError} the browser lets this worker store nothing
 */
export async function openSharedStore(closed) {
  if (closed && (await opening) === closed) opening = undefined;
  opening ??= openStore(SITE_ROOT, () => (opening = undefined));
  try {
    const store = await opening;
    swept ??= Promise.all([sweep(store), forgetOldWork(store)]).then(
      () => {},
      (error) => console.warn("What interrupted saves have left behind is still there.", error),
    );
    await swept;
    return store;
  } catch (error) {
    opening = undefined;
    throw error;
  }
}
