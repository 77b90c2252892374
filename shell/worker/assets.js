/**
 * The large parts that this version's worker consists of, by their names in the manifest.
 *
 * Responsible for getting their very bytes: from the HTTP cache or the network, from a copy
 * (part-copies.js) where those fail, and never another version's, which a host sends under an old
 * address once it has a new one. What is done with the bytes is the callers' business; the small files
 * of the site are site-files.js's.
 */

import manifest from "./manifest.js";
import { readAll } from "./download.js";
import { copyOf, dropCopy, hasCopy, keepCopy } from "./part-copies.js";
import { LiteError, OUTDATED } from "../shared/errors.js";
import { sha256 } from "../shared/hash.js";
import { SITE_ROOT } from "../shared/site.js";

/** @typedef {keyof typeof manifest.parts} PartName */
/** @typedef {import("./download.js").ByteProgress} ByteProgress */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const network = self.fetch.bind(self);
const NAMES = /** @type {PartName[]} */ (Object.keys(manifest.parts));

/** Addresses of all parts of this version. */
export const PART_URLS = NAMES.map((name) => versionedUrl(name).href);

/**
 * @param {PartName} name
 * @returns {number} bytes to download
 */
export function partSize(name) {
  return manifest.parts[name].size;
}

/**
 * @param {PartName} name
 * @returns {URL} without its version
 */
export function partUrl(name) {
  const url = versionedUrl(name);
  url.search = "";
  return url;
}

/**
 * @param {PartName} name
 * @param {ByteProgress} onProgress
 * @returns {Promise<Response>} whole and right; the browser's own where possible
 * @throws {LiteError}
 */
export async function fetchPart(name, onProgress) {
  return (await obtain(name, onProgress, { unread: true })).response;
}

/**
 * @param {PartName} name  of one that is compressed
 * @param {ByteProgress} onProgress
 * @returns {Promise<Uint8Array>} decompressed
 * @throws {LiteError}
 */
export async function loadPart(name, onProgress) {
  const { bytes } = await obtain(name, onProgress);
  const stream = new Blob([/** @type {BlobPart} */ (bytes)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @type {Map<PartName, Uint8Array>} what boots have got from elsewhere than from a copy */
const fresh = new Map();

/**
 * Keep a copy of each part that was loaded since the last time, unless there is one. Called when a
 * boot is over, with which it would compete. The bytes are the very ones that the boot had: a browser
 * need not have put them into its HTTP cache, and nothing is to be downloaded twice.
 *
 * @returns {Promise<void>} never rejected
 */
export async function keepParts() {
  const parts = [...fresh];
  fresh.clear();
  try {
    for (const [name, bytes] of parts) {
      const url = versionedUrl(name);
      if (!(await hasCopy(url, bytes.length))) await keepCopy(url, bytes, mediaType(name));
    }
  } catch (error) {
    console.warn("Python could not be kept for offline use.", error);
  }
}

/**
 * @typedef {object} Obtained
 * @property {Uint8Array} bytes  as served
 * @property {Response} response  of the same bytes; unread if asked for
 */

/**
 * @param {PartName} name
 * @param {ByteProgress} onProgress
 * @param {{unread?: boolean}} [options]  unread: the response is wanted as it came
 * @returns {Promise<Obtained>}
 * @throws {LiteError} named OUTDATED when the server has something else there
 */
async function obtain(name, onProgress, { unread = false } = {}) {
  const url = versionedUrl(name);
  /** @param {Response} response */
  const checked = async (response) => {
    // Read the copy: what Chromium keeps compiled is the response that the network gave.
    const readable = unread ? response.clone() : response;
    const bytes = await readAll(readable, (done) => onProgress(done, partSize(name)));
    const right = (await sha256(bytes)) === manifest.parts[name].sha256;
    return right ? { bytes, response } : undefined;
  };
  /** @param {RequestCache} cache */
  const served = async (cache) => {
    const response = await network(url, { cache });
    if (!response.ok) throw missing(url, response.status);
    const found = await checked(response);
    if (!found) throw outdated(`A part of this site, ${url.pathname}, is of another version.`);
    fresh.set(name, found.bytes);
    return found;
  };

  let problem;
  try {
    // force-cache: no question to the server at every start, and Chromium keeps compiled
    // WebAssembly only for what comes from its HTTP cache.
    return await served("force-cache");
  } catch (error) {
    problem = error;
  }
  const copy = await copyOf(url);
  if (copy) {
    const found = await checked(copy).catch(() => undefined);
    if (found) return found;
    await dropCopy(url).catch(() => {});
  }
  try {
    // An answer was kept that is of no use: a broken one, or one from the middle of an upload.
    if (problem instanceof LiteError) return await served("reload");
  } catch (error) {
    problem = error;
  }
  if (!(problem instanceof LiteError)) {
    throw new LiteError(`A part of this site, ${url.pathname}, could not be downloaded.`, {
      hint: "Opening this for the first time needs the network. Check your connection, then try again.",
      cause: problem,
    });
  }
  if (problem.name === OUTDATED) worker.registration.update().catch(() => {});
  throw problem;
}

/**
 * @param {URL} url
 * @param {number} status
 * @returns {LiteError}
 */
function missing(url, status) {
  const message = `A part of this site, ${url.pathname}, is missing on its server (HTTP ${status}).`;
  // Any other status may be a passing trouble of the server.
  if (status === 404 || status === 410) return outdated(message);
  return new LiteError(message, { hint: "The server may be busy. Try again in a minute." });
}

/**
 * @param {string} message
 * @returns {LiteError}
 */
function outdated(message) {
  return new LiteError(message, {
    hint: "The site may just be changing to a new version. Try again in a minute.",
    name: OUTDATED,
  });
}

/**
 * @param {PartName} name
 * @returns {URL}
 */
function versionedUrl(name) {
  return new URL(manifest.parts[name].url, SITE_ROOT);
}

/** @param {PartName} name */
function mediaType(name) {
  return name === "wasm" ? "application/wasm" : "application/octet-stream";
}

/** @type {Map<string, () => Promise<Response>>} */
const stand_ins = new Map();

/**
 * Answer fetch() of a part's plain address with what `respond` gives. Pyodide fetches its parts
 * itself, by plain address and without a way to watch; this is that way.
 *
 * @param {PartName} name
 * @param {() => Promise<Response>} respond
 */
export function answerFetch(name, respond) {
  stand_ins.set(partUrl(name).href, respond);
}

self.fetch = (input, init) => {
  const href = input instanceof Request ? input.url : String(input);
  return stand_ins.get(href)?.() ?? network(input, init);
};
