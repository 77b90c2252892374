/**
 * Keeps responses of one running instance that never change: its static files, served once by Python and
 * from then on from here.
 *
 * The application says which responses these are (LASTING in engine/asgi/server.py). Whether one may be
 * kept, and what a request makes of it, follows from HTTP (RFC 9110 and 9111). They are forgotten with the
 * instance, since the next one may have other plugins.
 */

import { toResponse } from "./bridge.js";

/** Bytes of one instance's answers, several times what applications have as static files. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A single file may take this part of them. */
const MOST_OF_ONE = MOST_BYTES / 4;

/** Headers of requests that ask for more than the answer as it is: those are Python's. */
const SPECIAL = ["authorization", "if-match", "if-range", "if-unmodified-since", "range"];

/** What Cache-Control says of an answer that is not for the next one who asks. */
const NOT_FOR_OTHERS = /\b(no-store|no-cache|private)\b/i;

/** Headers of the file that a 304 goes without. */
const OF_CONTENT = /^content-(encoding|language|length|range|type)$/;

/** @typedef {import("./bridge.js").Whole} Whole */

export class StaticAnswers {
  /** @type {Map<string, Whole>} by path and query, the one that was used last at the end */
  #kept = new Map();
  #bytes = 0;

  /**
   * Keep an answer, if it is one for everybody who asks.
   *
   * @param {Request} request
   * @param {Whole} answer
   */
  keep(request, answer) {
    if (!answer.lasts || answer.status !== 200 || request.method !== "GET" || isSpecial(request)) {
      return;
    }
    const { headers } = toResponse(answer.status, answer.headers, null);
    if (headers.has("vary") || NOT_FOR_OTHERS.test(headers.get("cache-control") ?? "")) return;
    const key = keyOf(request);
    const size = sizeOf(key, answer);
    if (size > MOST_OF_ONE) return;
    this.#drop(key);
    this.#kept.set(key, answer);
    this.#bytes += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest);
    }
  }

  /**
   * @param {Request} request
   * @returns {Response | undefined} undefined when Python has to be asked
   */
  find(request) {
    if (!["GET", "HEAD"].includes(request.method) || isSpecial(request)) return undefined;
    const key = keyOf(request);
    const answer = this.#kept.get(key);
    if (!answer) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    const { status, headers, body } = answer;
    const response = toResponse(status, headers, request.method === "HEAD" ? null : body);
    return isUnchanged(request, response.headers) ? notModified(response.headers) : response;
  }

  /** @param {string} key */
  #drop(key) {
    const answer = this.#kept.get(key);
    if (!answer) return;
    this.#kept.delete(key);
    this.#bytes -= sizeOf(key, answer);
  }
}

/** @param {Request} request */
function isSpecial(request) {
  return SPECIAL.some((name) => request.headers.has(name));
}

/** @param {Request} request */
function keyOf(request) {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}

/**
 * @param {string} key
 * @param {Whole} answer
 * @returns {number} bytes, roughly
 */
function sizeOf(key, { headers, body }) {
  return 2 * (key.length + headers.length) + body.length;
}

/**
 * Whether the client has the file already: RFC 9110, section 13.1.2.
 *
 * @param {Request} request
 * @param {Headers} headers  of the answer
 */
function isUnchanged(request, headers) {
  const theirs = request.headers.get("if-none-match")?.trim();
  const ours = headers.get("etag");
  if (!theirs || !ours) return false;
  const strong = (/** @type {string} */ tag) => tag.trim().replace(/^W\//, "");
  return theirs === "*" || theirs.split(",").some((tag) => strong(tag) === strong(ours));
}

/**
 * @param {Headers} headers  of the answer that the client has
 * @returns {Response}
 */
function notModified(headers) {
  const kept = [...headers].filter(([name]) => !OF_CONTENT.test(name));
  return new Response(null, { status: 304, headers: kept });
}
