/**
 * Fetches the sources of an instance, and finds out whether they have newer data.
 *
 * shared/fetch-source.js handles a single fetch and its errors; Python knows what the bytes mean.
 */

import { checkSize } from "./capacity.js";
import { bodySize, readAll } from "../runtime/read-response.js";
import { expandFolders } from "./github-folders.js";
import { openRemote } from "./remote-base.js";
import { openWhole, shippedFiles } from "./shipped-files.js";
import { openSplit, readSplit, splitFileIn } from "./split-file.js";
import { LiteError } from "../../shared/errors.js";
import { notData } from "../../shared/fetch-source.js";
import { recognise } from "../../shared/file-kinds.js";
import { sha256 } from "../../shared/hash.js";
import { isForOwnFiles, isSwitchedOn, settingsOf, sourcesOf } from "../../shared/recipe.js";
import { withJournals } from "../../shared/journals.js";
import { PAGED_FROM } from "../../shared/paging.js";
import { gitLfsUrl } from "../../shared/remote-urls.js";

/** @typedef {import("../../shared/recipe.js").RecipeSource} RecipeSource */
/** @typedef {import("./intake.js").Origin} Origin */
/** @typedef {import("../../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {import("../storage/paged-content.js").Base} Base */

/**
 * @typedef {object} Download
 * @property {string} label   the file's name
 * @property {number} done    bytes
 * @property {number} [total]
 * @property {Promise<Uint8Array | Base>} bytes  a Base where it is read block by block
 * @property {SavedSource} version  complete once `bytes` has arrived
 * @property {import("../../shared/link-options.js").ImportOptions} options
 * @property {boolean} [isWhole]  whether all of it is needed, as for a journal beside it
 */

/**
 * @callback DownloadProgress
 * @param {Download} download
 * @param {Uint8Array} [soFar]  the bytes that have come, to look at before returning
 * @returns {void}
 */

/**
 * Start fetching all sources at once.
 *
 * @param {Array<RecipeSource & {error?: unknown}>} sources  a source with an error fails with it
 * @param {URL} siteRoot
 * @param {DownloadProgress} onProgress
 * @param {AbortSignal} [signal]  ends all the downloads
 * @returns {Download[]}
 */
export function fetchSources(sources, siteRoot, onProgress, signal) {
  const downloads = sources.map(({ parameter, value, options }) =>
    newDownload(parameter, absolute(value, siteRoot), options),
  );
  const together = withJournals(downloads, ({ version }) => version.url);
  for (const { database, journals } of together) database.isWhole = journals.length > 0;
  for (const [index, download] of downloads.entries()) {
    const { error } = sources[index];
    download.bytes = error ? Promise.reject(error) : fetchBytes(download, onProgress, signal);
    download.bytes.catch(() => {}); // the code that awaits them reports it
  }
  return downloads;
}

/**
 * @param {string} parameter
 * @param {string} url
 * @param {import("../../shared/link-options.js").ImportOptions} options
 * @returns {Download}
 */
function newDownload(parameter, url, options) {
  return {
    label: fileName(url),
    done: 0,
    total: undefined,
    bytes: Promise.resolve(new Uint8Array()),
    version: { parameter, url, etag: "", lastModified: "", size: 0, sha256: "", loadedAt: 0 },
    options,
  };
}

/**
 * @param {Download} download
 * @param {DownloadProgress} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Uint8Array | Base>}
 */
async function fetchBytes(download, onProgress, signal) {
  const { url } = download.version;
  const response = await openWhole(url, { signal });
  const base = await openPaged(response, download);
  if (base) return base;
  const bytes = await readBody(response, download, onProgress);
  return (await fromParts(bytes, download, onProgress, signal)) ?? bytes;
}

/**
 * @param {Uint8Array} list  perhaps of the parts of a database
 * @param {Download} download
 * @param {DownloadProgress} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Uint8Array | Base | undefined>} the database; undefined if it is something else
 */
async function fromParts(list, download, onProgress, signal) {
  const { version, options, isWhole = false } = download;
  if (version.parameter !== "url") return undefined;
  const split = await splitFileIn(version.url, list);
  if (!split) return undefined;
  const isPaged = options.range ?? split.size >= PAGED_FROM;
  const base = isPaged && !isWhole ? await openSplit(split) : undefined;
  if (base) return base;
  return readSplit(
    split,
    (done, total) => {
      Object.assign(download, { done, total });
      onProgress(download);
    },
    signal,
  );
}

/**
 * @param {Response} response  to a request for all of it
 * @param {Download} download
 * @returns {Promise<import("./remote-base.js").RemoteBase | undefined>} undefined if it is to be read as a
 *   whole, or can only be
 */
async function openPaged(response, { version, options, isWhole = false }) {
  if (version.parameter !== "url" || options.range === false || isWhole) return undefined;
  const size = bodySize(response) ?? 0;
  if (size < PAGED_FROM && !options.range) return undefined;
  const base = await openRemote(version.url, response);
  if (!base) return undefined;
  response.body?.cancel().catch(() => {});
  const { etag, lastModified } = base.description;
  Object.assign(version, { etag, lastModified, size: base.size, loadedAt: Date.now() });
  return base;
}

/**
 * @param {Response} response
 * @param {Download} download
 * @param {DownloadProgress} onProgress
 * @returns {Promise<Uint8Array>}
 */
async function readBody(response, download, onProgress) {
  const { url } = download.version;
  const size = bodySize(response);
  if (size !== undefined) checkSize(size, url);
  const bytes = await readAll(response, (done, total, soFar) => {
    checkSize(done, url);
    Object.assign(download, { done, total });
    onProgress(download, soFar);
  }).catch((cause) => {
    throw cause instanceof LiteError ? cause : brokeOff(download, cause);
  });
  // Not every browser calls that an error. The size counts the bytes on the wire, and an answer from
  // another origin hides whether those are compressed.
  if (response.type !== "cors" && size !== undefined && bytes.length < size)
    throw brokeOff(download);
  const kind = recognise(bytes);
  const content = kind === "lfs" && gitLfsUrl(url);
  if (content) return readBody(await openWhole(content), download, onProgress);
  const problem = notData(kind, url, response);
  if (problem) throw problem;
  const validators = validatorsOf(response);
  Object.assign(download.version, validators, { size: bytes.length, loadedAt: Date.now() });
  if (!tells(validators)) download.version.sha256 = await sha256(bytes);
  return bytes;
}

/**
 * @param {Download} download
 * @param {unknown} [cause]
 * @returns {LiteError}
 */
function brokeOff({ done, total, version }, cause) {
  const size = (/** @type {number} */ bytes) => bytes.toLocaleString("en");
  const far = total === undefined ? `${size(done)} bytes` : `${size(done)} of ${size(total)} bytes`;
  return new LiteError(`The download of ${version.url} was interrupted after ${far}.`, {
    hint: "Check your connection, then try again. If it happens every time, the server is the cause.",
    source: version.url,
    cause,
  });
}

/**
 * Fetch a source again, unless it is unchanged.
 *
 * @param {SavedSource} source
 * @param {import("../../shared/link-options.js").ImportOptions} [options]  as it was opened with
 * @returns {Promise<{bytes: Uint8Array | Base, version: SavedSource} | undefined>} undefined if it is
 *   unchanged
 * @throws {LiteError}
 */
export async function fetchIfChanged(source, options = {}) {
  const response = await openWhole(source.url, { cache: "no-cache" });
  const now = validatorsOf(response);
  if (tells(now) && tells(source) && !differ(now, source)) {
    await response.body?.cancel();
    return undefined;
  }
  const download = newDownload(source.parameter, source.url, options);
  const { version } = download;
  const base = await openPaged(response, download);
  if (base) return { bytes: base, version };
  const bytes = await readBody(response, download, () => {});
  const hash = version.sha256 || (source.sha256 && (await sha256(bytes)));
  if (hash && hash === source.sha256) return undefined;
  return { bytes: (await fromParts(bytes, download, () => {})) ?? bytes, version };
}

/**
 * Describe where a download is from, in the form that Python stores.
 *
 * @param {SavedSource} version
 * @param {URL} siteRoot
 * @returns {Origin}
 */
export function originOf({ url, size, sha256, etag, lastModified, loadedAt }, siteRoot) {
  const kind = url.startsWith(siteRoot.href) ? "site" : "link";
  return { kind, url, size, sha256, etag, lastModified, loadedAt };
}

/**
 * Check whether a source has changed. The request is conditional where the browser still has its last
 * answer: the browser adds the condition itself, since setting If-None-Match by hand would need the
 * host's consent (a CORS preflight), which few give. Where no validators are visible, the whole content
 * is compared.
 *
 * @param {SavedSource} source
 * @returns {Promise<boolean>}
 * @throws {LiteError} it cannot be reached
 */
export async function hasChanged(source) {
  const response = await openWhole(source.url, { cache: "no-cache" });
  const now = validatorsOf(response);
  if (source.loadedAt === 0 || (tells(now) && tells(source))) {
    await response.body?.cancel();
    return source.loadedAt === 0 || differ(now, source); // it can be fetched by now
  }
  // What was read block by block has no hash.
  if (source.sha256 === "" && source.size >= PAGED_FROM) {
    await response.body?.cancel();
    return (bodySize(response) ?? source.size) !== source.size;
  }
  const bytes = await readUpTo(response, source.size);
  if (bytes?.length !== source.size) return true;
  return source.sha256 !== "" && (await sha256(bytes)) !== source.sha256;
}

/**
 * @param {Response} response
 * @param {number} size  bytes
 * @returns {Promise<Uint8Array | undefined>} the whole body; undefined if it is larger, perhaps
 *   endless
 */
async function readUpTo(response, size) {
  const total = bodySize(response);
  if (total !== undefined && total > size) {
    await response.body?.cancel();
    return undefined;
  }
  const isLarger = new RangeError("The body is larger.");
  return readAll(response, (done) => {
    if (done > size) throw isLarger; // which cancels the rest
  }).catch((error) => {
    if (error !== isLarger) throw error;
    return undefined;
  });
}

/**
 * @typedef {object} Validators  see RFC 9110, section 8.8; "" where a host sends none, or hides them
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

/**
 * @param {Validators} now
 * @param {Validators} before
 */
function differ(now, before) {
  return now.etag && before.etag
    ? now.etag !== before.etag
    : now.lastModified !== before.lastModified;
}

/** @param {Validators} validators */
function tells({ etag, lastModified }) {
  return etag !== "" || lastModified !== "";
}

/**
 * List the sources that a recipe opens. A recipe that names none opens what the site ships.
 *
 * @param {import("../../shared/recipe.js").Recipe} recipe
 * @returns {Promise<Array<RecipeSource & {error?: unknown}>>}
 */
export async function wantedBy(recipe) {
  const named = sourcesOf(recipe);
  const isEmpty = isSwitchedOn(recipe, "memory") || isForOwnFiles(recipe);
  const shipped = named.length === 0 && !isEmpty;
  const sources = shipped ? await shippedSources() : await expandFolders(named);
  return [...settingsOf(recipe), ...sources];
}

/**
 * List what the site ships: everything in data/.
 *
 * @returns {Promise<RecipeSource[]>}
 */
export async function shippedSources() {
  return (await shippedFiles()).map(({ param, file, name }) => ({
    parameter: param,
    value: `data/${encodeURIComponent(file)}`,
    options: name ? { name } : {},
  }));
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
