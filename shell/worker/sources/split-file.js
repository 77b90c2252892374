/**
 * Databases that a host has in parts, because it limits the size of a file. A JSON file lists the parts:
 *
 *     {"parts": ["x.db.000", "x.db.001"], "part_size": 25165824, "size": 40000000, "sha256": "…"}
 *
 * It has the members that `datasette-lite build` writes into data/index.json for such a file; others are
 * ignored. The parts' addresses are relative to its own.
 */

import { checkSize } from "./capacity.js";
import { RemoteBase, sourceChanged } from "./remote-base.js";
import { joined } from "./shipped-files.js";
import { readAll } from "../runtime/read-response.js";
import { LiteError } from "../../shared/errors.js";
import { openSource } from "../../shared/fetch-source.js";
import { recognise } from "../../shared/file-kinds.js";
import { sha256 } from "../../shared/hash.js";
import { count, isPlainObject, listOf, text } from "../../shared/schema.js";

/** @typedef {import("../../shared/saved-store.js").RemoteDescription} RemoteDescription */
/** @typedef {import("../storage/paged-content.js").Base} Base */

/** Bytes of the largest list. */
const MOST_OF_LIST = 1_000_000;

/** Bytes that show what the parts are. */
const HEAD = 64 * 1024;

const isParts = listOf(text(2000), 10_000);
const isSize = count();

/**
 * @typedef {object} SplitFile
 * @property {string} url      of the list
 * @property {string[]} parts  absolute URLs, in order
 * @property {number} size     bytes of the whole
 * @property {number} partSize bytes of each part but the last; 0 if the list does not say
 * @property {string} sha256   of the whole; "" if the list does not say
 * @property {string} version  hash of the list
 */

/**
 * @param {string} url
 * @param {Uint8Array} bytes  what is there
 * @returns {Promise<SplitFile | undefined>} undefined if it is something else
 * @throws {LiteError} it is a list of parts that cannot be used
 */
export async function splitFileIn(url, bytes) {
  if (bytes.length > MOST_OF_LIST || bytes[0] !== "{".charCodeAt(0)) return undefined;
  let list;
  try {
    list = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (!isPlainObject(list) || list.parts === undefined) return undefined;
  const { parts, size, part_size: partSize = 0, sha256: hash = "" } = list;
  const fault =
    isParts(parts, "parts") ??
    isSize(size, "size") ??
    isSize(partSize, "part_size") ??
    text(64, /^([0-9a-f]{64})?$/)(hash, "sha256");
  if (fault !== undefined) throw unusable(url, `“${fault}” is missing or wrong`);
  const urls = /** @type {string[]} */ (parts);
  const broken = urls.find((part) => !URL.canParse(part, url));
  if (broken !== undefined) throw unusable(url, `“${broken}” is not an address`);
  const split = /** @type {SplitFile} */ ({
    ...{ url, size, partSize, sha256: hash, version: await sha256(bytes) },
    parts: urls.map((part) => new URL(part, url).href),
  });
  if (split.partSize > 0 && Math.ceil(split.size / split.partSize) !== urls.length) {
    throw unusable(url, `${urls.length} parts of ${partSize} bytes do not make ${size} bytes`);
  }
  return split;
}

/**
 * @param {SplitFile} split
 * @returns {Promise<SplitBase | undefined>} to be read block by block; undefined if it is no database, or
 *   its host answers no ranges
 */
export async function openSplit({ url, parts, size, partSize, version }) {
  if (partSize === 0) return undefined;
  const base = new SplitBase({
    ...{ kind: "remote", url, size, etag: `"${version}"`, lastModified: "", head: "" },
    parts: { urls: parts, size: partSize },
  });
  base.isCurrent = true;
  const head = await base.read(0, Math.min(HEAD, size)).catch(() => undefined);
  return head && recognise(head) === "sqlite" ? base : undefined;
}

/**
 * @param {SplitFile} split
 * @param {(done: number, total: number) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Uint8Array>} all of it
 * @throws {LiteError} a part cannot be read, or does not belong to the others
 */
export async function readSplit({ url, parts, size, sha256: hash }, onProgress, signal) {
  checkSize(size, url);
  const response = new Response(joined(parts, { signal }), {
    headers: { "content-length": String(size) },
  });
  const bytes = await readAll(response, (done) => {
    if (done > size) throw unusable(url, `the parts have more than ${size} bytes`);
    onProgress(done, size);
  });
  if (bytes.length !== size)
    throw unusable(url, `the parts have ${bytes.length} bytes, not ${size}`);
  if (hash !== "" && (await sha256(bytes)) !== hash) {
    throw unusable(url, "the parts are not those that it describes");
  }
  return bytes;
}

/**
 * @param {string} url
 * @param {string} why
 */
function unusable(url, why) {
  return new LiteError(`${url} lists the parts of a file, but cannot be used: ${why}.`, {
    hint: "The parts or the list may be of another version, or were not uploaded completely.",
    source: url,
  });
}

/**
 * Reads such a database in ranges. The list tells its version: it is checked once in each run before a part is
 * read, and a part must not change from then on.
 *
 * @implements {Base}
 */
export class SplitBase {
  isNear = false;
  description;
  /** Whether the list is still the one that was opened. */
  isCurrent = false;
  #parts;
  /** @type {Promise<void> | undefined} */
  #checking;

  /** @param {RemoteDescription} description */
  constructor(description) {
    this.description = description;
    const { urls, size } = /** @type {NonNullable<RemoteDescription["parts"]>} */ (
      description.parts
    );
    this.#parts = urls.map((url, index) => {
      const rest = description.size - index * size;
      const part = { url, size: Math.min(size, rest), etag: "", lastModified: "", head: "" };
      return new RemoteBase({ kind: "remote", ...part });
    });
  }

  /** @returns {number} bytes */
  get size() {
    return this.description.size;
  }

  /** @type {Base["read"]} */
  async read(start, end) {
    if (!this.isCurrent) {
      this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
      await this.#checking;
    }
    const size = this.#parts[0].size;
    const portions = [];
    for (let at = start; at < end;) {
      const index = Math.floor(at / size);
      const to = Math.min(end, (index + 1) * size);
      portions.push(this.#parts[index].read(at - index * size, to - index * size));
      at = to;
    }
    const found = await Promise.all(portions);
    if (found.length === 1) return found[0];
    const blob = new Blob(/** @type {BlobPart[]} */ (found));
    return new Uint8Array(await blob.arrayBuffer());
  }

  async verify() {}

  async #check() {
    const { url, etag } = this.description;
    const response = await openSource(url, { cache: "no-cache" });
    if (`"${await sha256(await response.arrayBuffer())}"` !== etag) {
      throw sourceChanged(url, "It lists the parts of a database that is read block by block");
    }
    this.isCurrent = true;
  }
}
