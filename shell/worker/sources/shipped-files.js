/**
 * Reads the files that the site ships in data/, as data/index.json lists them. Hosts may limit the size
 * of a file, so a large one can be stored in parts, which are joined here.
 */

import { openSource } from "../../shared/fetch-source.js";
import { SITE_ROOT } from "../../shared/site.js";
import { chunksOf } from "../../shared/stream.js";
import { siteFile } from "../site-cache/site-files.js";

/**
 * What the worker reads of an entry of data/index.json; shell/page/launcher/example-cards.js has the rest.
 *
 * @typedef {object} ShippedFile
 * @property {string} param    the parameter that opens it
 * @property {string} file     its name in data/
 * @property {string} [name]   of the database or table, if it differs from the file's
 * @property {string[]} [parts]  names in data/ of the parts to join; the file itself is not there
 * @property {number} [size]   bytes of the whole; always given for a file in parts, as is the next
 * @property {string} [sha256] of the whole
 */

/** @returns {Promise<ShippedFile[]>} */
export async function shippedFiles() {
  return (await siteFile("data/index.json")).json();
}

/**
 * Open a source as openSource does; a file that the site ships in parts is joined.
 *
 * @param {string} url  absolute
 * @param {{cache?: RequestCache, signal?: AbortSignal}} [options]  as fetch() takes them
 * @returns {Promise<Response>} with a 2xx status and an unread body
 * @throws {import("../../shared/errors.js").LiteError} see openSource; for a later part, reading the body
 *   throws it
 */
export async function openWhole(url, options) {
  const data = new URL("data/", SITE_ROOT).href;
  if (!url.startsWith(data)) return openSource(url, options);
  const name = decodeURIComponent(new URL(url).pathname.slice(new URL(data).pathname.length));
  const files = await shippedFiles().catch(() => []); // openSource reports what is wrong
  const { parts = [], size, sha256 } = files.find(({ file }) => file === name) ?? {};
  if (parts.length === 0) return openSource(url, options);
  const body = joined(
    parts.map((part) => data + encodeURIComponent(part)),
    options,
  );
  // The index is part of the site's version, so the hash shows whether the file has changed.
  const headers = { "content-length": String(size), etag: `"${sha256}"` };
  return new Response(body, { headers });
}

/**
 * @param {string[]} urls
 * @param {{cache?: RequestCache, signal?: AbortSignal}} [options]
 * @returns {ReadableStream<Uint8Array>} their content, one after the other
 */
export function joined(urls, options) {
  const chunks = chunksOfAll(urls, options);
  /** @type {UnderlyingDefaultSource<Uint8Array>} */
  const source = {
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return();
    },
  };
  // A part is fetched only when it is read: often only the headers are of interest.
  return new ReadableStream(source, { highWaterMark: 0 });
}

/**
 * @param {string[]} urls
 * @param {{cache?: RequestCache, signal?: AbortSignal}} [options]
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* chunksOfAll(urls, options) {
  for (const url of urls) {
    const { body } = await openSource(url, options);
    if (body) yield* chunksOf(body);
  }
}
