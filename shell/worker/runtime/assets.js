/**
 * Gets the large parts of this version of the site: the WebAssembly and the packs, by their names in the
 * manifest.
 *
 * They come from the HTTP cache or the network or, where those fail, from a copy (asset-copies.js). Hashes
 * make sure that they are never another version's, which a host may send under an old address once it has
 * a new one. The small files of the site are in site-files.js.
 */

import manifest from "../site-cache/manifest.js";
import { prepareToUnpack, readAll, unpack } from "./read-response.js";
import { copyOf, dropCopy, hasCopy, keepCopy } from "../site-cache/asset-copies.js";
import { LiteError, OUTDATED } from "../../shared/errors.js";
import { isThrifty } from "../../shared/connection.js";
import { sha256 } from "../../shared/hash.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {keyof typeof manifest.parts} PartName */
/** @typedef {import("./read-response.js").ByteProgress} ByteProgress */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const network = self.fetch.bind(self);
/** Else a cache's answer might be that of a host that the site's leads to. */
const SAME_ORIGIN = /** @type {const} */ ("same-origin");
const NAMES = /** @type {PartName[]} */ (Object.keys(manifest.parts));

/** Addresses of all parts of this version. */
export const PART_URLS = NAMES.map((name) => versionedUrl(name).href);

/**
 * @param {PartName} name
 * @returns {boolean} whether this site has it
 */
export function hasPart(name) {
  return NAMES.includes(name);
}

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
 * @param {PartName} name  of one that is compressed
 * @param {ByteProgress} onProgress
 * @param {Promise<unknown>} [first]  settled when what is more urgent is decompressed
 * @returns {Promise<Uint8Array>} decompressed; not to be changed, others may have the same
 * @throws {LiteError}
 */
export async function loadPart(name, onProgress, first) {
  const load = underway.get(name);
  if (load) return load.joined(onProgress);
  const begun = new Load((progress) => obtainPacked(name, progress, first));
  underway.set(name, begun);
  try {
    return await begun.joined(onProgress);
  } finally {
    underway.delete(name);
  }
}

/** @type {Map<PartName, Load>} */
const underway = new Map();

/** One that several may wait for: the launcher begins to load what a boot then joins. */
class Load {
  /** @type {Set<ByteProgress>} */
  #listeners = new Set();
  #bytes;

  /** @param {(onProgress: ByteProgress) => Promise<Uint8Array>} load */
  constructor(load) {
    this.#bytes = load((...progress) => this.#listeners.forEach((listen) => listen(...progress)));
  }

  /** @param {ByteProgress} onProgress */
  joined(onProgress) {
    this.#listeners.add(onProgress);
    return this.#bytes;
  }
}

/**
 * The WebAssembly of Python, in one of two forms. As served to browsers, with a response that is the
 * browser's own, it starts faster from the second time on: Chromium keeps what it has compiled. But
 * where the host does not compress it, it is three times what a first visit should wait for.
 *
 * @param {ByteProgress} onProgress
 * @returns {Promise<Response>} whole and right
 * @throws {LiteError}
 */
export async function fetchWasm(onProgress) {
  const url = versionedUrl("wasm");
  const [served, packed] = await Promise.all([isAtHand("wasm"), isAtHand("wasm-packed")]);
  if (served) {
    // Chromium keeps compiled WebAssembly only for what comes from its HTTP cache. What is there was
    // compared with its hash before the copy was made. Nothing is asked of a network, which may be too
    // slow to answer.
    const options = { cache: /** @type {const} */ ("only-if-cached"), mode: SAME_ORIGIN };
    const cached = await network(url, options).catch(() => undefined);
    if (cached?.ok) return cached;
    const contents = await fromCopy("wasm");
    if (contents) return asWasm(contents);
  } else if (packed || !(await isSmall(url))) {
    return asWasm(await loadPart("wasm-packed", onProgress));
  }
  return downloadWasm(onProgress);
}

/**
 * @param {ByteProgress} onProgress
 * @returns {Promise<Response>} the browser's own
 * @throws {LiteError}
 */
async function downloadWasm(onProgress) {
  const get = (/** @type {RequestCache} */ cache) => download("wasm", onProgress, cache);
  const { bytes, response } = await insisting("wasm", get);
  fresh.set("wasm", bytes);
  return response;
}

/**
 * Get the form of the WebAssembly that starts faster, for the next time.
 *
 * @returns {Promise<void>}
 * @throws {LiteError}
 */
export async function fetchWasmAsServed() {
  if (isThrifty() || (await copyOf(versionedUrl("wasm")))) return;
  await downloadWasm(() => {});
  await keepParts();
  if (await copyOf(versionedUrl("wasm"))) await dropCopy(versionedUrl("wasm-packed"));
}

/**
 * @param {URL} url
 * @returns {Promise<boolean>} whether its host compresses it
 */
async function isSmall(url) {
  try {
    const { ok, headers } = await network(url, { method: "HEAD" });
    return ok && (headers.get("content-encoding") ?? "identity") !== "identity";
  } catch {
    return false;
  }
}

/**
 * @param {PartName} name
 * @returns {Promise<boolean>} whether it can be had without the network
 */
export async function isAtHand(name) {
  return fresh.has(name) || (await copyOf(versionedUrl(name))) !== undefined;
}

/**
 * Load and keep what the next boot will need, as far as it is not there.
 *
 * @param {PartName[]} names
 * @returns {Promise<void>} never rejected
 */
export async function prefetchParts(names) {
  const load = async (/** @type {PartName} */ name) => {
    /** @type {PartName[]} */
    const forms = name === "wasm" ? ["wasm", "wasm-packed"] : [name];
    if ((await Promise.all(forms.map(isAtHand))).includes(true)) return;
    await (name === "wasm" ? fetchWasm(() => {}) : loadPart(name, () => {}));
  };
  try {
    await Promise.all(names.map(load));
    await keepParts();
  } catch {
    // The boot will try again, and say what is wrong.
  }
}

/** @type {Map<PartName, Uint8Array>} contents that boots have got from elsewhere than from a copy */
const fresh = new Map();

/**
 * Keep a copy of each part that was loaded since the last time, unless there is one. Called when a
 * boot is over, with which it would compete. The bytes are the very ones that the boot had: a browser
 * need not have put them into its HTTP cache, and nothing is to be downloaded or decompressed twice.
 *
 * @returns {Promise<void>} never rejected
 */
export async function keepParts() {
  const parts = [...fresh];
  fresh.clear();
  try {
    for (const [name, contents] of parts) {
      const url = versionedUrl(name);
      if (!(await hasCopy(url, contents.length))) await keepCopy(url, contents, mediaType(name));
    }
  } catch (error) {
    console.warn("Python could not be kept for offline use.", error);
  }
}

/**
 * @param {PartName} name
 * @param {ByteProgress} onProgress
 * @param {RequestCache} cache
 * @returns {Promise<{response: Response, bytes: Uint8Array}>} bytes: as served; response: not read
 *   yet, if it is WebAssembly
 * @throws {LiteError} named OUTDATED when the server has something else there
 */
async function download(name, onProgress, cache) {
  const url = versionedUrl(name);
  const response = await network(url, { cache, mode: SAME_ORIGIN });
  if (!response.ok) throw missing(url, response.status);
  // Of WebAssembly read a copy: what Chromium keeps compiled is the response that the network gave.
  const read = name === "wasm" ? response.clone() : response;
  const bytes = await readAll(read, (done) => onProgress(done, partSize(name)));
  if ((await sha256(bytes)) !== manifest.parts[name].sha256) {
    throw outdated(`A part of this site, ${url.pathname}, belongs to another version.`);
  }
  return { response, bytes };
}

/**
 * @param {PartName} name
 * @returns {Promise<Uint8Array<ArrayBuffer> | undefined>} its contents; undefined where there is no
 *   copy, or not a whole one
 */
async function fromCopy(name) {
  const url = versionedUrl(name);
  const copy = await copyOf(url);
  if (!copy) return undefined;
  // By way of a Blob it takes Chromium half the time.
  const reading = copy.blob().then((blob) => blob.arrayBuffer());
  const contents = new Uint8Array(await reading.catch(() => new ArrayBuffer(0)));
  if ((await sha256(contents)) === manifest.parts[name].content.sha256) return contents;
  await dropCopy(url).catch(() => {});
  return undefined;
}

/**
 * @param {PartName} name  of one that is compressed
 * @param {ByteProgress} onProgress
 * @param {Promise<unknown>} [first]
 * @returns {Promise<Uint8Array>} its contents
 * @throws {LiteError}
 */
async function obtainPacked(name, onProgress, first) {
  const kept = fresh.get(name) ?? (await fromCopy(name));
  if (kept) return kept;
  prepareToUnpack();
  const { bytes } = await insisting(name, (cache) => download(name, onProgress, cache));
  await first?.catch(() => {});
  const contents = await unpack(bytes, manifest.parts[name].content.size);
  fresh.set(name, contents);
  return contents;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Response}
 */
function asWasm(bytes) {
  const body = /** @type {BodyInit} */ (bytes);
  return new Response(body, { headers: { "content-type": mediaType("wasm") } });
}

/**
 * @template T
 * @param {PartName} name
 * @param {(cache: RequestCache) => Promise<T>} get
 * @returns {Promise<T>}
 * @throws {LiteError}
 */
async function insisting(name, get) {
  /** @type {unknown} */
  let problem;
  // First with no question to the server. Then an answer was kept that is of no use: a broken one, or
  // one from the middle of an upload.
  for (const cache of /** @type {const} */ (["force-cache", "reload"])) {
    try {
      return await get(cache);
    } catch (error) {
      problem = error;
    }
    if (!(problem instanceof LiteError)) break;
  }
  if (!(problem instanceof LiteError)) {
    const { pathname } = versionedUrl(name);
    throw new LiteError(`A part of this site, ${pathname}, could not be downloaded.`, {
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
    hint: "The site may be in the middle of an update. Try again in a minute.",
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
 * @returns {() => void} ends that
 */
export function answerFetch(name, respond) {
  const { href } = partUrl(name);
  stand_ins.set(href, respond);
  return () => void (stand_ins.get(href) === respond && stand_ins.delete(href));
}

self.fetch = (input, init) => {
  const href = input instanceof Request ? input.url : String(input);
  return stand_ins.get(href)?.() ?? network(input, init);
};
