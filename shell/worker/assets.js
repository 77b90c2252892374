/**
 * The files that this build's worker consists of, by their names in the manifest.
 *
 * Their addresses carry their hash, so the browser's HTTP cache may be trusted blindly: a new build
 * asks for other addresses. What is done with the bytes is the callers' business.
 */

import manifest from "./manifest.js";
import { readAll } from "./download.js";
import { LiteError } from "../shared/errors.js";
import { SITE_ROOT } from "../shared/site.js";

/** @typedef {keyof typeof manifest.files} AssetName */
/** @typedef {import("./download.js").ByteProgress} ByteProgress */

/**
 * @param {AssetName} name
 * @returns {number} bytes to download
 */
export function assetSize(name) {
  return manifest.files[name].size;
}

/**
 * @param {AssetName} name
 * @returns {URL} without its version
 */
export function assetUrl(name) {
  const url = new URL(manifest.files[name].url, SITE_ROOT);
  url.search = "";
  return url;
}

/**
 * @param {AssetName} name
 * @returns {Promise<Response>} with a 2xx status
 * @throws {LiteError}
 */
export async function fetchAsset(name) {
  const url = new URL(manifest.files[name].url, SITE_ROOT);
  let response;
  try {
    // force-cache: no question to the server at every start, and Chromium keeps compiled
    // WebAssembly only for what comes from its HTTP cache.
    response = await network(url, { cache: "force-cache" });
  } catch (cause) {
    throw new LiteError(`A part of this site, ${url.pathname}, could not be downloaded.`, {
      hint: "Check your connection, then try again.",
      cause,
    });
  }
  if (!response.ok) {
    throw new LiteError(
      `A part of this site, ${url.pathname}, is missing on its server (HTTP ${response.status}).`,
      { hint: "The site may just be changing to a new version. Try again in a minute." },
    );
  }
  return response;
}

/**
 * @param {AssetName} name
 * @param {ByteProgress} onProgress
 * @returns {Promise<Uint8Array>} decompressed
 */
export async function loadAsset(name, onProgress) {
  const response = await fetchAsset(name);
  const bytes = await readAll(response, (done) => onProgress(done, assetSize(name)));
  // Some hosts announce .gz files as compressed responses; the browser has then unpacked them.
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!packed) return bytes;
  const stream = new Blob([/** @type {BlobPart} */ (bytes)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {"booting" | "failed"} name
 * @returns {Promise<string>} the HTML of a page of app/
 */
export async function pageTemplate(name) {
  return (await fetchAsset(name)).text();
}

const network = self.fetch.bind(self);

/** @type {Map<string, () => Promise<Response>>} */
const stand_ins = new Map();

/**
 * Answer fetch() of an asset's plain address with what `respond` gives. Pyodide fetches its parts
 * itself, by plain address and without a way to watch; this is that way.
 *
 * @param {AssetName} name
 * @param {() => Promise<Response>} respond
 */
export function answerFetch(name, respond) {
  stand_ins.set(assetUrl(name).href, respond);
}

self.fetch = (input, init) => {
  const href = input instanceof Request ? input.url : String(input);
  return stand_ins.get(href)?.() ?? network(input, init);
};
