/**
 * Takes the first bytes of a CSV file while it is being downloaded, so that a page can show its first rows
 * before Python runs.
 */

import { recognise } from "../../shared/file-kinds.js";

/** @typedef {import("../../shared/protocol.js").SourceHead} SourceHead */
/** @typedef {import("./downloads.js").Download} Download */

/** How many bytes are taken at most: more than a few rows of most files. */
export const HEAD_LIMIT = 32 * 1024;

/** What may be CSV; a page unpacks gzip. */
const KINDS = ["text", "gzip"];

export class HeadTaker {
  /** Bytes of the head that was taken last. */
  #size = 0;

  /**
   * Call this whenever more has come. A head is taken at once, so that a host that sends little at a time
   * hides nothing, and again each time twice as much has come, up to the limit.
   *
   * @param {Download} download
   * @param {Uint8Array} soFar  what has come
   * @returns {SourceHead | undefined} a head that is longer than the last one and may be CSV
   */
  take({ version: { url }, options, total }, soFar) {
    const size = Math.min(soFar.length, HEAD_LIMIT);
    // What came before was a pointer to the data (Git LFS).
    if (size < this.#size) this.#size = 0;
    const isDue = size >= Math.min(this.#size * 2, HEAD_LIMIT) && size > this.#size;
    if (!isDue) return undefined;
    this.#size = size;
    // A copy: what is posted to a page is copied with all that its buffer holds.
    const bytes = soFar.slice(0, size);
    if (!KINDS.includes(recognise(bytes))) return undefined;
    return { url, options, bytes, isWhole: size === total };
  }
}
