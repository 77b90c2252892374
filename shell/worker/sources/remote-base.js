/**
 * Reads a database on a host in ranges, instead of downloading all of it.
 *
 * All ranges must be of one version of the file. It is pinned by its ETag or date of change; where a host
 * hides both from other sites, by the header of the database, which SQLite changes with each write.
 * https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */

import { LiteError } from "../../shared/errors.js";
import { openRange } from "../../shared/fetch-source.js";
import { recognise } from "../../shared/file-kinds.js";
import { firstBytes } from "../../shared/stream.js";

/** @typedef {import("../../shared/saved-store.js").RemoteDescription} RemoteDescription */
/** @typedef {import("../storage/paged-content.js").Base} Base */

/** Bytes that are read first: a block. */
const HEAD = 64 * 1024;

/** Bytes of a database's header. */
const HEADER = 100;

/** How long to wait in ms before another attempt, after a dropped connection or a host's excuse. */
const WAITS = [300, 1000, 3000];

/** How long in ms a host may take to begin, and how many bytes in each ms are enough from then on. */
const PATIENCE = 30_000;
const SLOWEST = 16;

/** Statuses after which the same request may succeed. */
const TEMPORARY = [408, 425, 429, 500, 502, 503, 504];

/** @implements {Base} */
export class RemoteBase {
  isNear = false;
  description;
  #waits;
  #patience;
  /** @type {unknown} why nothing more can be read */
  #failure;

  /**
   * @param {RemoteDescription} description
   * @param {number[]} [waits]
   * @param {number} [patience]
   */
  constructor(description, waits = WAITS, patience = PATIENCE) {
    this.description = description;
    this.#waits = waits;
    this.#patience = patience;
  }

  /** @returns {number} bytes */
  get size() {
    return this.description.size;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {Promise<Uint8Array>} the bytes from `start` up to, but not including, `end`
   * @throws {LiteError} they cannot be read, or the file has changed
   */
  async read(start, end) {
    for (let attempt = 0; ; attempt++) {
      if (this.#failure) throw this.#failure;
      try {
        return await this.#readOnce(start, end);
      } catch (error) {
        if (!(error instanceof Temporary)) throw error;
        const wait = this.#waits[attempt];
        if (wait === undefined || isOffline()) throw this.#inWords(error.cause);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /**
   * Check that what was read is of the version that was opened, where responses do not say that.
   *
   * @returns {Promise<void>}
   * @throws {LiteError} the file has changed
   */
  async verify() {
    const { etag, lastModified, head } = this.description;
    if (etag || lastModified || !head) return;
    if (inHex(await this.read(0, HEADER)) !== head) throw this.#changed();
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {Promise<Uint8Array>}
   */
  async #readOnce(start, end) {
    const { url, size } = this.description;
    const signal = AbortSignal.timeout(this.#patience + Math.ceil((end - start) / SLOWEST));
    let response;
    try {
      response = await openRange(url, start, end, signal);
    } catch (cause) {
      throw new Temporary(cause);
    }
    const { status, body } = response;
    if (status !== 206) body?.cancel().catch(() => {});
    if (TEMPORARY.includes(status)) throw new Temporary(status);
    if (status === 416) throw this.#changed();
    if (status === 200) throw differs(response, this.description) ? this.#changed() : noRanges(url);
    if (status !== 206) throw this.#inWords(status);
    const range = rangeOf(response);
    if (differs(response, this.description) || (range && range.size !== size)) {
      body?.cancel().catch(() => {});
      throw this.#changed();
    }
    if (range && range.start !== start) throw noRanges(url);
    // A part of a file is pinned by the first answer (split-file.js).
    const { etag, lastModified, head } = this.description;
    if (!etag && !lastModified && !head) Object.assign(this.description, validatorsOf(response));
    // A host may send more than it was asked for, without end.
    const bytes = await firstBytes(body, end - start).catch((cause) => {
      throw new Temporary(cause);
    });
    if (bytes.length < end - start) throw new Temporary(undefined);
    return bytes;
  }

  /** @returns {LiteError} which ends all use of this file */
  #changed() {
    const { url } = this.description;
    this.#failure = sourceChanged(url, "It is read block by block");
    return /** @type {LiteError} */ (this.#failure);
  }

  /**
   * @param {unknown} cause  a status, or what fetch() threw; undefined if the connection was dropped
   * @returns {LiteError}
   */
  #inWords(cause) {
    if (cause instanceof LiteError) return cause;
    const { url } = this.description;
    const { host } = new URL(url);
    const options = { source: url, cause };
    if (typeof cause === "number") {
      const hint =
        cause === 429
          ? "It is getting too many requests. Wait a minute, then load this page again."
          : "Load this page again later. If that does not help, the file may have been moved or removed.";
      return new LiteError(`${host} did not send a part of ${url} (HTTP ${cause}).`, {
        hint,
        ...options,
      });
    }
    if (isOffline()) {
      return new LiteError(`A part of ${url} could not be read because you are offline.`, {
        hint:
          "This database is read from its host block by block. Pages that were shown before can still be " +
          "shown. Connect to the internet, then load this page again.",
        ...options,
      });
    }
    return new LiteError(`The connection to ${host} broke off while a part of ${url} was read.`, {
      hint: "Check your connection, then load this page again.",
      ...options,
    });
  }
}

/**
 * @param {string} url
 * @param {string} why  the version matters, as the beginning of a sentence
 * @returns {LiteError}
 */
export function sourceChanged(url, why) {
  return new LiteError(`${url} has changed since it was opened here.`, {
    hint:
      `${why}, and blocks of two versions do not fit together. Load it again on the page “Manage data” to ` +
      "get the new version; changes that were made here are lost then.",
    source: url,
    name: "SourceChanged",
  });
}

/** @returns {boolean} whether the browser knows that there is no network */
function isOffline() {
  return self.navigator?.onLine === false;
}

/** The same request may succeed if it is made again. */
class Temporary extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super("A range was not read.", { cause });
  }
}

/**
 * Open a database to be read in ranges, if it is one and its host answers ranges.
 *
 * @param {string} url
 * @param {Response} whole  its host's answer to a request for all of it; left alone
 * @returns {Promise<RemoteBase | undefined>}
 */
export async function openRemote(url, whole) {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await openRange(url, 0, HEAD, signal).catch(() => undefined);
  if (response?.status !== 206) {
    response?.body?.cancel().catch(() => {});
    return undefined;
  }
  const bytes = await firstBytes(response.body, HEAD + 1).catch(() => new Uint8Array());
  if (bytes.length > HEAD || recognise(bytes) !== "sqlite") return undefined;
  const size = rangeOf(response)?.size ?? sizeOf(bytes) ?? undefined;
  // A host that compresses ranges sends something else than what it was asked for.
  if (size === undefined || bytes.length < Math.min(size, HEAD)) return undefined;
  const { etag, lastModified } = validatorsOf(response);
  const before = validatorsOf(whole);
  if (before.etag && etag && strong(before.etag) !== strong(etag)) return undefined;
  const head = inHex(bytes.subarray(0, HEADER));
  const pinned = etag || lastModified ? "" : head;
  return new RemoteBase({ kind: "remote", url, size, etag, lastModified, head: pinned });
}

/**
 * @param {Response} response
 * @returns {{etag: string, lastModified: string}} "" where a host sends none, or hides them
 */
function validatorsOf({ headers }) {
  return { etag: headers.get("etag") ?? "", lastModified: headers.get("last-modified") ?? "" };
}

/**
 * @param {Response} response
 * @param {RemoteDescription} known
 * @returns {boolean} whether it is surely of another version
 */
function differs(response, known) {
  const { etag, lastModified } = validatorsOf(response);
  if (known.etag && etag) return strong(known.etag) !== strong(etag);
  return known.lastModified !== "" && lastModified !== "" && known.lastModified !== lastModified;
}

/**
 * @param {string} etag
 * @returns {string} without the mark of a weak one, which proxies add when they compress
 */
function strong(etag) {
  return etag.replace(/^W\//, "");
}

/**
 * @param {Response} response
 * @returns {{start: number, size: number} | undefined} undefined if the host hides it
 */
function rangeOf({ headers }) {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  return match ? { start: Number(match[1]), size: Number(match[2]) } : undefined;
}

/**
 * @param {Uint8Array} head  of a database
 * @returns {number | undefined} its size in bytes, if the header is up to date
 */
function sizeOf(head) {
  const view = new DataView(head.buffer, head.byteOffset, HEADER);
  // Old versions of SQLite did not write the number of pages; the two counters differ then.
  if (view.getUint32(24) !== view.getUint32(92)) return undefined;
  const pageSize = view.getUint16(16) === 1 ? 65536 : view.getUint16(16);
  return pageSize * view.getUint32(28) || undefined;
}

/** @param {Uint8Array} bytes */
function inHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} url */
function noRanges(url) {
  const { host } = new URL(url);
  return new LiteError(`${host} no longer sends parts of ${url}.`, {
    hint:
      "This database is read block by block, for which its host has to answer range requests. Load the " +
      "page again later, or open the database with range=0 in the link to download all of it.",
    source: url,
  });
}
