/**
 * Keeps a form that the browser sends twice from taking effect twice.
 *
 * When Chromium stops a worker in the middle of a fetch, it sends the request again to the next one, a
 * POST included (the Fetch standard leaves that open). If the first worker had saved what the request
 * did, doing it again would insert a row twice. So the answer is saved with the changes, and a request
 * that is the same, byte for byte, and arrives in another run of the worker within seconds, gets that
 * answer. Requests too large to compare are not protected.
 */

import { toResponse } from "./bridge.js";
import { REPLY_LIFETIME, RUN } from "./saver.js";
import { sha256 } from "../shared/hash.js";
import { keysOf } from "../shared/saved-store.js";
import { chunksOf } from "../shared/stream.js";

/** Larger bodies of requests and answers are not kept. */
const MOST_BYTES = 1024 * 1024;

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

export class Replies {
  /** @type {Map<string, import("../shared/saved-store.js").SavedReply>} */
  #earlier;

  /** @param {Map<string, import("../shared/saved-store.js").SavedReply>} earlier */
  constructor(earlier) {
    this.#earlier = earlier;
  }

  /**
   * @param {import("../shared/saved-store.js").Store} store
   * @param {string} generation
   * @returns {Promise<Replies>} those of earlier runs
   */
  static async of(store, generation) {
    const transaction = store.transaction("replies");
    const [keys, replies] = await Promise.all([
      transaction.store.getAllKeys(keysOf(generation)),
      transaction.store.getAll(keysOf(generation)),
    ]);
    const earlier = keys.map(([, name], index) => /** @type {const} */ ([name, replies[index]]));
    return new Replies(new Map(earlier.filter(([, { run }]) => run !== RUN)));
  }

  /**
   * @param {Request} request
   * @returns {Promise<string>} the same for the same request; "" for one that need not be compared
   */
  async fingerprint(request) {
    if (SAFE_METHODS.includes(request.method)) return "";
    const body = await firstBytes(request.clone(), MOST_BYTES + 1);
    if (body.size > MOST_BYTES) return "";
    const head = [request.method, request.url, request.headers.get("content-type") ?? ""];
    return sha256(new Uint8Array(await new Blob([head.join("\n"), "\n", body]).arrayBuffer()));
  }

  /**
   * @param {string} fingerprint
   * @param {number} arrivedAt  when its request came to this worker, in ms since 1970
   * @returns {Response | undefined} the answer that an earlier run gave; once
   */
  find(fingerprint, arrivedAt) {
    const reply = this.#earlier.get(fingerprint);
    this.#earlier.delete(fingerprint);
    if (!reply || arrivedAt - reply.at > REPLY_LIFETIME) return undefined;
    const { status, headers, body } = reply;
    return toResponse(status, headers, body.length === 0 ? null : body);
  }
}

/**
 * @param {Request} request
 * @param {number} most
 * @returns {Promise<Blob>} the body, or somewhat more than its first `most` bytes
 */
async function firstBytes(request, most) {
  // Firefox does not offer a request's body as a stream.
  if (!request.body) return request.blob();
  const chunks = [];
  let size = 0;
  for await (const chunk of chunksOf(request.body)) {
    chunks.push(/** @type {BlobPart} */ (chunk));
    if ((size += chunk.length) > most) break;
  }
  return new Blob(chunks);
}
