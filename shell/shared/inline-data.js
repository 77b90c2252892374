/**
 * Puts data that is written in the embedding page, and so has no address, into a link's fragment, which
 * no server sees: `#inline:…/data/t`. In the recipe the data has an address that contains its hash;
 * inline-store.js keeps it there.
 */

import { fromBase64Url, toBase64Url } from "./base64url.js";
import { LiteError } from "./errors.js";
import { sha256 } from "./hash.js";

/** @typedef {{name: string, text: string}} InlineFile  name: with its extension */

/** Folder of the site that such data's addresses are in. */
export const INLINE_FOLDER = "inline/";

/** The most bytes of inline data in a link, uncompressed. */
export const MOST_INLINE = 1_000_000;

const PREFIX = "inline:";

/** A file's name. */
const NAME = /^[^/\\?#]{1,200}$/;

/**
 * @param {InlineFile} file
 * @returns {Promise<string>} its address, relative to the site's root
 */
export async function inlineAddress({ name, text }) {
  const hash = await sha256(new TextEncoder().encode(text));
  return `${INLINE_FOLDER}${hash}/${encodeURIComponent(name)}`;
}

/**
 * @param {InlineFile[]} files
 * @returns {Promise<string>} the beginning of a link's fragment; "" without files
 */
export async function inlineFragment(files) {
  if (files.length === 0) return "";
  const written = JSON.stringify(files.map(({ name, text }) => [name, text]));
  const bytes = new TextEncoder().encode(written);
  return PREFIX + toBase64Url(await through(new CompressionStream("deflate-raw"), bytes));
}

/**
 * @param {string} hash  of a link, with its #
 * @returns {{data: string, rest: string} | undefined} rest: the hash without the data; undefined if it
 *   has no data
 */
export function splitFragment(hash) {
  const match = /^#inline:([\w-]+)(\/.*)?$/s.exec(hash);
  return match ? { data: match[1], rest: `#${match[2] ?? "/"}` } : undefined;
}

/**
 * @param {string} data  from splitFragment
 * @returns {Promise<InlineFile[]>}
 * @throws {LiteError} it cannot be read
 */
export async function inlineFiles(data) {
  let files;
  try {
    const bytes = await through(new DecompressionStream("deflate-raw"), fromBase64Url(data));
    const pairs = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    files = pairs.map((/** @type {unknown[]} */ [name, text]) => ({ name, text }));
  } catch (cause) {
    throw unreadable(cause);
  }
  const isFile = (/** @type {any} */ { name, text }) =>
    typeof text === "string" && typeof name === "string" && NAME.test(name);
  if (!files.every(isFile)) throw unreadable();
  return files;
}

/** @param {unknown} [cause] */
function unreadable(cause) {
  return new LiteError("The data in this link cannot be read.", {
    hint: "The link was probably cut off. Follow it again from the page that it is on.",
    cause,
  });
}

/**
 * @param {CompressionStream | DecompressionStream} stream
 * @param {Uint8Array} bytes
 * @returns {Promise<Uint8Array>}
 * @throws {RangeError} more comes out than inline data may have
 */
async function through(stream, bytes) {
  const blob = new Blob([/** @type {BlobPart} */ (bytes)]);
  const reader = blob.stream().pipeThrough(stream).getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // JSON's escapes take room as well.
    if (size > 2 * MOST_INLINE) throw new RangeError("The data is too large.");
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer());
}
