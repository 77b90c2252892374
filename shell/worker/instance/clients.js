/**
 * Finds the pages that wait for a workspace.
 *
 * A boot whose data never arrives would keep its worker running for the minutes that browsers grant an
 * event, long after the last page was closed. So an event only lasts while a page wants its outcome.
 */

import { parseAppPath } from "../../shared/paths.js";
import { parseLink, recipeToKey } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** ms between two checks. */
const LOOK_EVERY = 4000;

/** Checks in a row that find no page. A page that reloads is away for a moment. */
const LOOKS = 2;

/**
 * Wait for a boot for as long as some page is waiting too.
 *
 * @param {string} key
 * @param {Promise<void>} booted
 * @param {string} [client]  id of a client that waits for it, whatever its address
 * @returns {Promise<boolean>} false if no page is waiting any more
 * @throws whatever the boot was rejected with
 */
export async function isWanted(key, booted, client = "") {
  let isOver = false;
  const over = booted.then(() => true).finally(() => (isOver = true));
  over.catch(() => {});
  let misses = 0;
  while (!isOver && misses < LOOKS) {
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))]);
    if (isOver) break;
    misses = (await hasPage(key, client)) ? 0 : misses + 1;
  }
  return isOver ? over : false;
}

/**
 * @param {string} key
 * @param {string} client
 * @returns {Promise<boolean>}
 */
async function hasPage(key, client) {
  return (await pages()).some(({ id, url }) => id === client || keyOf(url) === key);
}

/** @returns {Promise<string[]>} keys of the workspaces that have a page or that a launcher is opening */
export async function openWorkspaces() {
  const keys = (await pages()).map(({ url }) => keyOf(url));
  return [...new Set(keys.filter((key) => key !== undefined))];
}

/** All pages of this origin, whichever worker controls them. */
function pages() {
  return worker.clients.matchAll({ includeUncontrolled: true, type: "window" });
}

/**
 * @param {string} url  of a page
 * @returns {string | undefined}
 */
function keyOf(url) {
  const { origin, pathname, search, hash } = new URL(url);
  if (origin !== SITE_ROOT.origin) return undefined;
  if (pathname === SITE_ROOT.pathname && (search !== "" || hash.startsWith("#/"))) {
    return recipeToKey(parseLink(url, SITE_ROOT).recipe);
  }
  return parseAppPath(pathname, SITE_ROOT.pathname)?.key;
}
