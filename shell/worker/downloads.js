/**
 * Fetching the sources of an instance, and telling whether there is newer data by now.
 *
 * What can go wrong with one fetch is shared/fetch-source.js's business, what the bytes mean is
 * Python's.
 */

import { readAll } from "./download.js";
import { siteFile } from "./site-files.js";
import { LiteError } from "../shared/errors.js";
import { openSource } from "../shared/fetch-source.js";
import { sha256 } from "../shared/hash.js";

/** @typedef {import("../shared/recipe.js").Recipe} Recipe */
/** @typedef {import("../shared/saved-store.js").SavedSource} SavedSource */

/**
 * @typedef {object} Download
 * @property {string} label   the file's name
 * @property {number} done    bytes
 * @property {number} [total]
 * @property {Promise<Uint8Array>} bytes
 * @property {SavedSource} version  complete once `bytes` is there
 */

/**
 * Begin to fetch sources, all at once.
 *
 * @param {Recipe} sources
 * @param {URL} siteRoot
 * @param {(download: Download) => void} onProgress
 * @returns {Download[]}
 */
export function fetchSources(sources, siteRoot, onProgress) {
  return sources.map(([parameter, value]) => {
    const url = absolute(value, siteRoot);
    /** @type {Download} */
    const download = {
      label: fileName(url),
      done: 0,
      total: undefined,
      bytes: Promise.resolve(new Uint8Array()),
      version: { parameter, url, etag: "", lastModified: "", size: 0, sha256: "", loadedAt: 0 },
    };
    download.bytes = fetchBytes(download, onProgress);
    download.bytes.catch(() => {}); // whoever waits for them hears of it
    return download;
  });
}

/**
 * @param {Download} download
 * @param {(download: Download) => void} onProgress
 * @returns {Promise<Uint8Array>}
 */
async function fetchBytes(download, onProgress) {
  const { url } = download.version;
  const response = await openSource(url);
  const bytes = await readAll(response, (done, total) => {
    Object.assign(download, { done, total });
    onProgress(download);
  }).catch((cause) => {
    throw new LiteError(`The download of ${url} broke off.`, {
      hint: "Check your connection, then try again.",
      source: url,
      cause,
    });
  });
  const validators = validatorsOf(response);
  Object.assign(download.version, validators, { size: bytes.length, loadedAt: Date.now() });
  if (!tells(validators)) download.version.sha256 = await sha256(bytes);
  return bytes;
}

/**
 * Ask whether a source has changed. The request is conditional where the browser still has the answer
 * of the last time: it adds the condition itself, since If-None-Match set by hand would need the
 * host's consent (a CORS preflight), which few give. Without validators in sight, the whole content
 * is compared.
 *
 * @param {SavedSource} source
 * @returns {Promise<boolean>}
 * @throws {LiteError} it cannot be reached
 */
export async function hasChanged(source) {
  const response = await openSource(source.url, { cache: "no-cache" });
  const now = validatorsOf(response);
  if (tells(now) && tells(source)) {
    await response.body?.cancel();
    return now.etag && source.etag
      ? now.etag !== source.etag
      : now.lastModified !== source.lastModified;
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (source.sha256 === "") return bytes.length !== source.size;
  return (await sha256(bytes)) !== source.sha256;
}

/**
 * @typedef {object} Validators  see RFC 9110, section 8.8; "" where a host gives none, or hides them
 * @property {string} etag
 * @property {string} lastModified
 */

/**
 * @param {Response} response
 * @returns {Validators}
 */
function validatorsOf({ headers }) {
  return { etag: headers.get("etag") ?? "", lastModified: headers.get("last-modified") ?? "" };
}

/** @param {Validators} validators */
function tells({ etag, lastModified }) {
  return etag !== "" || lastModified !== "";
}

/**
 * What the site ships: everything in data/.
 *
 * @returns {Promise<Recipe>}
 */
export async function shippedSources() {
  /** @type {Array<{param: string, file: string}>} */
  const index = await (await siteFile("data/index.json")).json();
  return index.map(({ param, file }) => [param, `data/${encodeURIComponent(file)}`]);
}

/**
 * @param {string} value  a source's address as in a recipe
 * @param {URL} siteRoot
 * @returns {string}
 */
export function absolute(value, siteRoot) {
  return URL.canParse(value, siteRoot.href) ? new URL(value, siteRoot).href : value;
}

/** @param {string} url */
function fileName(url) {
  const path = url.replace(/[?#].*$/s, "");
  return path.split("/").pop() || url;
}
