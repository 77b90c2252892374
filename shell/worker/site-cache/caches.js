/**
 * Names the caches of this site in the origin's Cache Storage.
 *
 * Several sites may share an origin, below different paths, so a cache's name says which site it belongs
 * to. site-files.js and asset-copies.js fill them.
 */

import { SITE_ROOT } from "../../shared/site.js";

// A path has no blank, so no site's prefix is the beginning of another's.
const PREFIX = `datasette-lite ${SITE_ROOT.pathname} `;
const VERSION_PREFIX = `${PREFIX}version `;

/** Holds the large parts, of any version. */
export const PARTS_CACHE = `${PREFIX}parts`;

/**
 * @param {string} version
 * @returns {string} name of the cache of that version's files
 */
export function versionCache(version) {
  return VERSION_PREFIX + version;
}

/** @returns {Promise<string[]>} the versions that have a cache, whole or not */
export async function cachedVersions() {
  return (await caches.keys())
    .filter((name) => name.startsWith(VERSION_PREFIX))
    .map((name) => name.slice(VERSION_PREFIX.length));
}
