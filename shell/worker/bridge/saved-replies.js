/**
 * Keeps a form that the browser sends twice from taking effect twice.
 *
 * When Chromium stops a worker in the middle of a fetch, it sends the request again to the next worker,
 * even a POST (the Fetch standard leaves that open). If the first worker had already saved what the
 * request did, doing it again would insert a row twice. So the response is saved with the changes until it
 * was delivered. If the same request, byte for byte, arrives in another run of the worker within seconds,
 * it gets that response. Requests too large to compare are not protected.
 */

import { toResponse } from "./bridge.js";
import { RUN } from "../storage/run.js";
import { REPLY_LIFETIME } from "../storage/saver.js";
import { sha256 } from "../../shared/hash.js";
import { keysOf } from "../../shared/saved-store.js";
import { chunksOf } from "../../shared/stream.js";

/** Larger bodies of requests and answers are not kept. */
const MOST_BYTES = 1024 * 1024;

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** @typedef {import("../../shared/saved-store.js").SavedReply} SavedReply */

export class Replies {
  /** @type {Map<string, SavedReply>} by id: those that earlier runs of the worker gave */
  earlier;

  /** @param {Map<string, SavedReply>} earlier */
  constructor(earlier) {
    this.earlier = earlier;
  }

  /**
   * @param {import("../../shared/saved-store.js").Store} store
   * @param {string} generation
   * @returns {Promise<Replies>}
   */
  static async of(store, generation) {
    const transaction = store.transaction("replies");
    const [keys, replies] = await Promise.all([
      transaction.store.getAllKeys(keysOf(generation)),
      transaction.store.getAll(keysOf(generation)),
    ]);
    const all = keys.map(([, , id], index) => /** @type {const} */ ([id, replies[index]]));
    return new Replies(new Map(all.filter(([, { run }]) => run !== RUN)));
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
   * @returns {{id: string, response: Response} | undefined} the answer that an earlier run gave; once
   */
  find(fingerprint, arrivedAt) {
    for (const [id, reply] of this.earlier) {
      if (reply.fingerprint !== fingerprint || arrivedAt - reply.at > REPLY_LIFETIME) continue;
      this.earlier.delete(id);
      const { status, headers, body } = reply;
      return { id, response: toResponse(status, headers, body.length === 0 ? null : body) };
    }
    return undefined;
  }
}

/**
 * @param {string} fingerprint  of the request
 * @param {import("./bridge.js").Whole} answer
 * @returns {SavedReply}
 */
export function replyTo(fingerprint, { status, headers, body }) {
  return { fingerprint, run: RUN, at: Date.now(), status, headers, body };
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
