/**
 * The small files of this version: the launcher, its code, the pages of app/. They are all fetched and
 * checked when the worker is installed, or on a first visit after the page, and from then on requests for
 * them are answered from the cache.
 *
 * What keeps this from ever breaking the site is one rule: if the cache has no answer, the request goes to
 * the network. Every file is compared with its hash whenever it is used, so a damaged cache is noticed and
 * repaired. The large parts are in runtime/assets.js.
 */

import manifest from "./manifest.js";
import { isOutdated, LiteError, OUTDATED } from "../../shared/errors.js";
import { SITE_ROOT } from "../../shared/site.js";
import { versionCache } from "./caches.js";
import { downloadTogether } from "./kept-files.js";
import { useOf, withSafeHeaders } from "./response-headers.js";
import { sha256 } from "../../shared/hash.js";
import { alone } from "../../shared/locks.js";

/** @typedef {{bytes: ArrayBuffer, headers: Headers}} KeptFile */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const CACHE = versionCache(manifest.version);

/** From so many missing files on, they are all fetched together. */
const MANY = 8;

/** Kept beside the files once they are all there. */
const COMPLETE = "complete";

/** Files that a page of a workspace needs before it can be drawn, by their names. */
const OF_PAGES = new Set(["appearance.js", "looks.css"]);

/** @type {Map<string, Promise<KeptFile | undefined>>} those that were read ahead, by path */
const inMemory = new Map();

/** The server is known to have another version by now. */
let outdated = false;

/** @type {Promise<void> | undefined} one attempt is enough for as long as this worker runs */
let mended;

/** @type {Promise<void> | undefined} the same, for completeSite() */
let completed;

/**
 * Fetch every file that the cache does not hold intact. Workers of one version share the cache, so one
 * of them does it at a time.
 *
 * @returns {Promise<void>}
 * @throws {LiteError} a file cannot be had as this version has it; as on a host that is just being
 *   given a new version
 */
export function keepSite() {
  return alone(`keeping version ${manifest.version}`, async () => {
    let missing = await notKept();
    if (missing.length >= MANY) {
      await obtainTogether(missing);
      missing = await notKept();
    }
    await Promise.all(missing.map(obtain));
    await caches
      .open(CACHE)
      .then((cache) => cache.put(fileUrl(COMPLETE), new Response()))
      .catch(() => {}); // it is looked for again then
  });
}

/**
 * Fetch what the cache does not hold, unless it is known to hold everything.
 *
 * @returns {Promise<void>} never rejected
 */
export function completeSite() {
  completed ??= isComplete().then((once) => (once ? undefined : mend()));
  return completed;
}

/** @returns {Promise<boolean>} whether the cache once held everything */
export async function isComplete() {
  const mark = await caches.match(fileUrl(COMPLETE), { cacheName: CACHE }).catch(() => undefined);
  return mark !== undefined;
}

/** @returns {Promise<void>} never rejected */
function mend() {
  mended ??= keepSite().catch((error) =>
    console.warn("What this site keeps for offline use could not be completed.", error),
  );
  return mended;
}

/**
 * Answer a request for a file of this or an earlier version; leave any other to the browser.
 *
 * @param {FetchEvent} event  of this origin
 * @returns {boolean} whether it is for such a file
 */
export function answerSiteFile(event) {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !pathname.startsWith(SITE_ROOT.pathname)) return false;
  const path = pathname.slice(SITE_ROOT.pathname.length) || "index.html";
  if (Object.hasOwn(manifest.files, path)) {
    if (!outdated) event.respondWith(ofThisVersion(event, path).then(guarded(event.request, path)));
    return true;
  }
  const version = /^v\/(\w+)\//.exec(path)?.[1];
  if (version && version !== manifest.version) {
    event.respondWith(ofVersion(event.request, version).then(guarded(event.request, path)));
  }
  return version !== undefined;
}

/**
 * @param {Request} request
 * @param {string} path
 * @returns {(response: Response) => Response} adds the headers that a static host may not send
 */
function guarded(request, path) {
  // The launcher opens data in frames of other sites, too; what decides something is not to be there.
  const framing = path === "index.html" ? "any" : "none";
  return (response) => withSafeHeaders(response, { use: useOf(request), framing });
}

/** Read from the cache what the next page waits for: this takes longer than to answer it. */
export function readPageFiles() {
  for (const path of Object.keys(manifest.files)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (OF_PAGES.has(name) && !inMemory.has(path)) inMemory.set(path, readKept(path));
  }
}

/**
 * A file that the worker itself needs.
 *
 * @param {string} path  as in the manifest
 * @returns {Promise<Response>}
 * @throws {LiteError}
 */
export async function siteFile(path) {
  return (await kept(path)) ?? (await obtain(path));
}

/**
 * A page that the worker answers with. If the host has a newer version by now, it is that one's: it waits
 * for the newer worker.
 *
 * @param {string} path  as in the manifest
 * @returns {Promise<Response>}
 * @throws {LiteError} there is no such page
 */
export async function sitePage(path) {
  try {
    return await siteFile(path);
  } catch (error) {
    const page = await fromHost(fileUrl(path), error);
    if (!page.ok) throw error;
    return page;
  }
}

/**
 * @param {Request | URL} request
 * @param {unknown} error  why the file of this version cannot be had
 * @returns {Promise<Response>} whatever the host has there
 */
async function fromHost(request, error) {
  if (isOutdated(error)) await giveWay();
  return fetch(request);
}

/**
 * @param {FetchEvent} event
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function ofThisVersion(event, path) {
  const response = toResponse(await inMemory.get(path)) ?? (await kept(path));
  if (response) return response;
  try {
    const answer = await obtain(path);
    // Where one file is missing others may be, and the next visit may be offline. On a first visit
    // they all are, and come when there is time.
    event.waitUntil(isComplete().then((once) => (once ? mend() : undefined)));
    return answer;
  } catch (error) {
    return fromHost(event.request, error);
  }
}

/**
 * @param {Request} request
 * @param {string} version  not this worker's
 * @returns {Promise<Response>}
 */
async function ofVersion(request, version) {
  const options = { cacheName: versionCache(version), ignoreSearch: true };
  const response = await caches.match(request.url, options).catch(() => undefined);
  return response ?? fetch(request);
}

/**
 * @param {string} path
 * @returns {Promise<Response | undefined>} undefined when the cache has no such file, or not intact
 */
async function kept(path) {
  return toResponse(await readKept(path));
}

/** @param {KeptFile | undefined} file */
function toResponse(file) {
  return file && new Response(file.bytes, { headers: file.headers });
}

/**
 * @param {string} path
 * @returns {Promise<KeptFile | undefined>} see `kept`
 */
async function readKept(path) {
  try {
    const response = await caches.match(fileUrl(path), { cacheName: CACHE });
    if (!response) return undefined;
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) !== manifest.files[path]) return undefined;
    return { bytes, headers: response.headers };
  } catch {
    return undefined; // some private windows have no Cache Storage at all
  }
}

/** @returns {Promise<string[]>} paths of the files that the cache does not hold intact */
async function notKept() {
  const paths = Object.keys(manifest.files);
  const found = await Promise.all(paths.map(kept));
  return paths.filter((_, at) => found[at] === undefined);
}

/**
 * Put files into the cache that are fetched all at once. Whatever is not as this version has it is left
 * out: each file has an address of its own, too.
 *
 * @param {string[]} paths
 * @returns {Promise<void>} never rejected
 */
async function obtainTogether(paths) {
  try {
    const [files, cache] = await Promise.all([downloadTogether(), caches.open(CACHE)]);
    const put = paths.map(async (path) => {
      const file = files.get(path);
      const bytes = await file?.arrayBuffer();
      if (!file || !bytes || (await sha256(bytes)) !== manifest.files[path]) return;
      await cache.put(
        fileUrl(path),
        new Response(bytes, { headers: { "content-type": file.type } }),
      );
    });
    await Promise.all(put);
  } catch (error) {
    console.warn("The small files of this site could not be fetched together.", error);
  }
}

/**
 * Fetch a file and put it into the cache.
 *
 * @param {string} path
 * @returns {Promise<Response>}
 * @throws {LiteError} named OUTDATED when the server has another file there
 */
async function obtain(path) {
  const { bytes, headers } = await download(path);
  try {
    const cache = await caches.open(CACHE);
    await cache.put(fileUrl(path), new Response(bytes, { headers }));
  } catch (error) {
    console.warn(`${path} could not be kept for offline use.`, error);
  }
  return new Response(bytes, { headers });
}

/**
 * @param {string} path
 * @returns {Promise<KeptFile>}
 * @throws {LiteError}
 */
async function download(path) {
  const url = fileUrl(path);
  let status = 0;
  // What the page has loaded just before need not be loaded twice: the hash shows whether it is right.
  for (const cache of /** @type {const} */ (["default", "reload"])) {
    let bytes;
    let response;
    try {
      response = await fetch(url, { cache });
      bytes = await response.arrayBuffer();
    } catch (cause) {
      throw new LiteError(`A file of this site, ${url.pathname}, could not be downloaded.`, {
        hint: "Check your connection, then try again.",
        cause,
      });
    }
    if (response.ok && (await sha256(bytes)) === manifest.files[path]) {
      return { bytes, headers: headersOf(response) };
    }
    status = response.status;
  }
  const what = status === 200 ? "does not match this version" : `is missing (HTTP ${status})`;
  throw new LiteError(`A file of this site, ${url.pathname}, ${what} on its server.`, {
    hint: "The site may be in the middle of an update. Try again in a minute.",
    // Any other status may be a passing trouble of the server.
    name: [200, 404, 410].includes(status) ? OUTDATED : undefined,
  });
}

/**
 * @param {Response} response
 * @returns {Headers} without those about how the bytes came over the network
 */
function headersOf(response) {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return headers;
}

/**
 * The cache lacks a file that the server no longer has either: leave the site to the network, where
 * the new version is, until that one's worker takes over.
 */
async function giveWay() {
  outdated = true;
  await caches.delete(CACHE).catch(() => {});
  worker.registration.update().catch(() => {});
}

/**
 * @param {string} path
 * @returns {URL}
 */
function fileUrl(path) {
  return new URL(path, SITE_ROOT);
}
