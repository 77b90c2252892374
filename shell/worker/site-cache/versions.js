/**
 * Knows which versions of the site are in use, and deletes the files of the others.
 *
 * Each registration is updated separately, at its own next visit, so several versions run side by side.
 * Each notes in the cache of its version that it runs it, with the large parts that it needs. What any of
 * them runs is kept, and for each also the previous version: pages that it opened are still there and may
 * import more of it.
 */

import manifest from "./manifest.js";
import { alone } from "../../shared/locks.js";
import { roleOf } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";
import { cachedVersions, versionCache } from "./caches.js";
import { dropCopiesExcept } from "./asset-copies.js";

/**
 * @typedef {object} VersionRecord  that a registration runs a version
 * @property {number} since    ms since 1970; 0 while the version is only being installed
 * @property {string[]} parts  addresses of the large parts that it needs
 */

/** @typedef {VersionRecord & {version: string, scope: string, url: string}} FoundRecord */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** Names of the records, which are beside the files of their version. */
const RUNNING = "record";
const INSTALLING = "installing";

/** Two workers that tidy at once would each read what the other is about to change. */
const TIDYING = "versions";

/** ms for which a record stays whose registration is not seen: the browser may just be making it. */
const GRACE = 60_000;

/** Note that this version is being installed, so that no other worker tidies away what comes of it. */
export async function noteInstalling() {
  await put(INSTALLING, { since: 0, parts: [] });
}

/**
 * Note that this worker is in charge of its scope now, and forget what no worker needs any more.
 *
 * @param {string[]} parts  addresses of the large parts that this version needs
 * @returns {Promise<void>}
 */
export function takeOver(parts) {
  return alone(TIDYING, async () => {
    await put(RUNNING, { since: Date.now(), parts });
    const cache = await caches.open(versionCache(manifest.version));
    await cache.delete(recordUrl(INSTALLING, worker.registration.scope));
    const own = (await allRecords()).filter(
      ({ scope, version }) => scope === worker.registration.scope && version !== manifest.version,
    );
    const [before, ...older] = own.sort((a, b) => b.since - a.since);
    // One that never took over opened no page.
    await drop(before?.since === 0 ? own : older);
    await forgetUnused();
  });
}

/**
 * Forget what registrations need that no longer exist.
 *
 * @param {string[]} scopes  of those that there are
 * @returns {Promise<void>}
 */
export function keepScopes(scopes) {
  return alone(TIDYING, async () => {
    const isGone = (/** @type {FoundRecord} */ { scope, since }) =>
      roleOf(scope) !== undefined && !scopes.includes(scope) && since < Date.now() - GRACE;
    await drop((await allRecords()).filter(isGone));
    await forgetUnused();
  });
}

/** @returns {Promise<string[]>} scopes of the workers that run another version than this one */
export async function outdatedScopes() {
  /** @type {Map<string, FoundRecord>} */
  const latest = new Map();
  for (const record of await allRecords()) {
    const known = latest.get(record.scope);
    if (!known || known.since < record.since) latest.set(record.scope, record);
  }
  const records = [...latest.values()];
  return records.filter(({ version }) => version !== manifest.version).map(({ scope }) => scope);
}

async function forgetUnused() {
  const records = await allRecords();
  const used = new Set([manifest.version, ...records.map(({ version }) => version)]);
  const useless = (await cachedVersions()).filter((version) => !used.has(version));
  await Promise.all(useless.map((version) => caches.delete(versionCache(version))));
  const needed = new Set(records.flatMap(({ parts }) => parts));
  // Of a version that is being installed it is not known yet; it has none before it runs.
  await dropCopiesExcept([...needed]);
}

/** @returns {Promise<FoundRecord[]>} of all versions */
async function allRecords() {
  return (await Promise.all((await cachedVersions()).map(recordsOf))).flat();
}

/**
 * @param {string} version
 * @returns {Promise<FoundRecord[]>}
 */
async function recordsOf(version) {
  const cache = await caches.open(versionCache(version));
  const found = [RUNNING, INSTALLING].map((name) =>
    cache.keys(new URL(name, SITE_ROOT), { ignoreSearch: true }),
  );
  const requests = (await Promise.all(found)).flat();
  return Promise.all(
    requests.map(async ({ url }) => {
      const response = await cache.match(url);
      /** @type {VersionRecord} */
      const record = (await response?.json()) ?? { since: 0, parts: [] };
      const path = new URL(url).search.slice(1);
      return { ...record, version, url, scope: new URL(path, SITE_ROOT).href };
    }),
  );
}

/**
 * @param {string} name
 * @param {VersionRecord} record  of this worker's
 */
async function put(name, record) {
  const cache = await caches.open(versionCache(manifest.version));
  await cache.put(recordUrl(name, worker.registration.scope), Response.json(record));
}

/** @param {FoundRecord[]} records */
async function drop(records) {
  await Promise.all(
    records.map(async ({ version, url }) => {
      await (await caches.open(versionCache(version))).delete(url);
    }),
  );
}

/**
 * @param {string} name
 * @param {string} scope
 * @returns {URL}
 */
function recordUrl(name, scope) {
  const path = scope.slice(SITE_ROOT.href.length);
  return new URL(path === "" ? name : `${name}?${path}`, SITE_ROOT);
}
