/**
 * Keeps a form that the browser sends twice from taking effect twice.
 *
 * When Chromium stops a worker in the middle of a fetch, it sends the request again to the next worker,
 * even a POST (the Fetch standard leaves that open). If the first worker had already saved what the
 * request did, doing it again would insert a row twice. So the response is saved with the changes until it
 * was delivered. If the same request, byte for byte, arrives in another run of the worker within seconds,
 * it gets that response. Requests too large to compare are not protected.
 */

import { RUN } from "./run.js";
import { sha256 } from "../../shared/hash.js";
import { keysOf } from "../../shared/saved-store.js";
import { chunksOf } from "../../shared/stream.js";

/** Larger bodies of requests and responses are not kept. */
const MOST_BYTES = 1024 * 1024;

/**
 * ms after which a reply was surely delivered. Below the 30 seconds that a worker is idle before it is
 * stopped, so that nobody's second, equal request is taken for the first one coming again.
 */
const REPLY_LIFETIME = 20_000;

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** @typedef {import("../../shared/saved-store.js").SavedReply} SavedReply */
/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {Array<[id: string, reply: SavedReply]>} Pending */

export class Replies {
  /** @type {Map<string, SavedReply>} by id: those that earlier runs of the worker gave */
  #earlier;
  /** @type {Map<string, SavedReply>} by id; to be saved with the next changes */
  #pending = new Map();
  /** @type {Map<string, SavedReply>} by id, the oldest first; those in the store */
  #stored;

  /** @param {Pending} [earlier]  those that earlier runs of the worker left in the store */
  constructor(earlier = []) {
    this.#earlier = new Map(earlier);
    this.#stored = new Map(earlier);
  }

  /**
   * @param {Store} store
   * @param {string} generation
   * @returns {Promise<Replies>} with those that the store has
   */
  static async of(store, generation) {
    const transaction = store.transaction("replies");
    const [keys, replies] = await Promise.all([
      transaction.store.getAllKeys(keysOf(generation)),
      transaction.store.getAll(keysOf(generation)),
    ]);
    const all = keys.map(([, , id], index) => /** @type {Pending[0]} */ ([id, replies[index]]));
    return new Replies(all.filter(([, { run }]) => run !== RUN));
  }

  /**
   * @param {string} fingerprint
   * @param {number} arrivedAt  when its request came to this worker, in ms since 1970
   * @returns {{id: string, reply: SavedReply} | undefined} what an earlier run replied; once
   */
  find(fingerprint, arrivedAt) {
    for (const [id, reply] of this.#earlier) {
      if (reply.fingerprint !== fingerprint || arrivedAt - reply.at > REPLY_LIFETIME) continue;
      this.#earlier.delete(id);
      return { id, reply };
    }
    return undefined;
  }

  /**
   * Keep a reply, with the next changes that are saved.
   *
   * @param {string} id
   * @param {SavedReply} reply
   */
  add(id, reply) {
    this.#pending.set(id, reply);
  }

  /** @returns {boolean} whether some are not saved yet */
  get arePending() {
    return this.#pending.size > 0;
  }

  /** @returns {Pending} those that are not saved yet */
  get pending() {
    return [...this.#pending];
  }

  /**
   * Write replies to the store, and remove those that have been there for too long.
   *
   * @param {import("./transaction.js").Transaction} transaction  that saves the changes as well
   * @param {import("./transaction.js").Ask} ask
   * @param {string} generation
   * @param {Pending} replies
   */
  put(transaction, ask, generation, replies) {
    const store = transaction.objectStore("replies");
    for (const [id, reply] of replies) ask(store.put(reply, [generation, reply.fingerprint, id]));
    for (const [id, { fingerprint, at }] of this.#stored) {
      if (Date.now() - at < REPLY_LIFETIME) break;
      ask(store.delete([generation, fingerprint, id]));
    }
  }

  /** @param {Pending} replies  that put() wrote; the transaction is over */
  saved(replies) {
    for (const [id, reply] of replies) {
      this.#pending.delete(id);
      this.#stored.set(id, reply);
    }
    for (const [id, { at }] of this.#stored) {
      if (Date.now() - at < REPLY_LIFETIME) break;
      this.#stored.delete(id);
    }
  }

  /**
   * @param {string} id
   * @returns {boolean}
   */
  isInStore(id) {
    return this.#stored.has(id);
  }

  /**
   * @param {Store} store
   * @param {string} generation
   * @param {string} id
   */
  async remove(store, generation, id) {
    const reply = this.#stored.get(id);
    if (!reply) return;
    this.#stored.delete(id);
    await store.delete("replies", [generation, reply.fingerprint, id]);
  }
}

/** @type {WeakMap<Request, Promise<string>>} */
const fingerprints = new WeakMap();

/**
 * @param {Request} request  whose body has not been read, unless this was called before
 * @returns {Promise<string>} the same for the same request; "" for one that need not be compared
 */
export function fingerprintOf(request) {
  const known = fingerprints.get(request) ?? fingerprint(request);
  fingerprints.set(request, known);
  return known;
}

/** @type {typeof fingerprintOf} */
async function fingerprint(request) {
  if (SAFE_METHODS.includes(request.method)) return "";
  const body = await firstBytes(request.clone(), MOST_BYTES + 1);
  if (body.size > MOST_BYTES) return "";
  const head = [request.method, request.url, request.headers.get("content-type") ?? ""];
  return sha256(new Uint8Array(await new Blob([head.join("\n"), "\n", body]).arrayBuffer()));
}

/**
 * @param {string} fingerprint  of the request
 * @param {Pick<SavedReply, "status" | "headers" | "body">} response  the whole of it
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
