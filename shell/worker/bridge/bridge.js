/**
 * Carries one request to an ASGI server in Python and its response back, streaming both bodies.
 *
 * The Python side is engine/asgi/server.py, which calls `RequestBody` and `AsgiResponse` below. Every
 * request gets a response or an error that says why there is none: the application failed, the browser
 * cannot represent its response, or it was silent for too long. A response neither begins nor ends before
 * what was written until then is saved.
 */

import { LiteError } from "../../shared/errors.js";
import { requestHead } from "./request-head.js";

/**
 * The browser gives an event up after five minutes without saying so to anyone; this is before that.
 */
const PATIENCE = 4 * 60_000;

/** Name of the error for an application that was silent for too long. */
export const TOO_SLOW = "TooSlowError";

/** How many bytes may wait for a slow reader before the application is made to wait as well. */
const BYTES_AHEAD = 1024 * 1024;

/**
 * @callback Handle  BrowserInstance.handle in bootstrap.py
 * @param {string} head
 * @param {RequestBody} body
 * @param {AsgiResponse} response
 * @returns {Promise<void>}
 */

/**
 * An answer whose body is complete.
 *
 * @typedef {object} Whole
 * @property {number} status
 * @property {string} headers  a list of pairs as JSON
 * @property {Uint8Array} body
 * @property {boolean} lasts  whether the next answer will be the same
 */

/**
 * @callback Settle
 * @param {Whole} [whole]  the answer that waits for it
 * @returns {Promise<void>} settled when all that was written so far is saved; rejected when it cannot be
 */

/**
 * A body that is being made while it is read.
 *
 * @typedef {object} Streaming
 * @property {Promise<void>} closed  settled when nobody waits for more of it
 * @property {number} movedAt        when something of it was last made or read, as performance.now() counts
 * @property {(error: LiteError) => void} fail  ends it, so that its reader knows that it is incomplete
 */

/**
 * @param {Handle} handle
 * @param {Request} request
 * @param {string} clientId
 * @param {object} options
 * @param {Settle} options.settle
 * @param {(stream: Streaming) => void} [options.onStream]  called when the answer begins, if its body
 *   then is still being made
 * @param {number} [options.patience]  ms until an answer must have begun
 * @returns {Promise<Response>}
 * @throws {LiteError} there is none, or it must not leave as something could not be saved
 */
export async function answer(handle, request, clientId, options) {
  const { patience = PATIENCE } = options;
  const response = new AsgiResponse(options);
  const timer = setTimeout(() => response.giveUp(patience), patience);
  request.signal.addEventListener("abort", () => response.disconnect());
  const serve = async () =>
    handle(JSON.stringify(requestHead(request, clientId)), new RequestBody(request), response);
  serve().catch((error) =>
    response.fail("Python crashed. Load the page again to restart it.", String(error)),
  );
  try {
    return await response.answered;
  } finally {
    clearTimeout(timer);
  }
}

/** Where Python reads a request's body from. */
class RequestBody {
  #request;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  #reader;

  /** @param {Request} request */
  constructor(request) {
    this.#request = request;
  }

  /** @returns {Promise<Uint8Array | undefined>} undefined at the end */
  async read() {
    // Firefox does not offer a request's body as a stream, so there it comes in one piece.
    this.#reader ??= (this.#request.body ?? (await this.#request.blob()).stream()).getReader();
    return (await this.#reader.read()).value;
  }
}

/** Where Python sends an answer. Its methods are those of engine.asgi.server.Response. */
class AsgiResponse {
  /** @type {Promise<Response>} */
  answered;
  /** @type {(response: Response | Promise<Response>) => void} */
  #resolve = () => {};
  /** @type {(error: LiteError) => void} */
  #reject = () => {};
  /** @type {Promise<void>} settled when nobody waits for more of the answer */
  closed;
  /** @type {() => void} */
  #close = () => {};
  #open = true;
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
  #stream;
  /** @type {(() => void) | undefined} resumes an application that was made to wait */
  #resume;
  #settle;
  #onStream;
  /** @type {Streaming | undefined} */
  #streaming;

  /** @param {{settle: Settle, onStream?: (stream: Streaming) => void}} options */
  constructor({ settle, onStream = () => {} }) {
    this.#settle = settle;
    this.#onStream = onStream;
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  /**
   * @param {number} status
   * @param {string} headers  JSON: a list of pairs
   * @param {Uint8Array} body
   * @param {boolean} lasts
   */
  whole(status, headers, body, lasts) {
    this.#answer(status, headers, body, { status, headers, body, lasts });
    this.disconnect();
  }

  /**
   * @param {number} status
   * @param {string} headers  JSON: a list of pairs
   */
  start(status, headers) {
    /** @type {QueuingStrategy<Uint8Array>} */
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: BYTES_AHEAD });
    const stream = new ReadableStream(
      {
        start: (controller) => {
          this.#stream = controller;
        },
        pull: () => {
          this.#moved();
          this.#resume?.();
        },
        cancel: () => this.disconnect(),
      },
      strategy,
    );
    this.#streaming = {
      closed: this.closed,
      movedAt: performance.now(),
      fail: ({ message }) => this.fail(message, ""),
    };
    this.#onStream(this.#streaming);
    this.#answer(status, headers, stream);
  }

  #moved() {
    if (this.#streaming) this.#streaming.movedAt = performance.now();
  }

  /** @param {Uint8Array} chunk */
  write(chunk) {
    this.#moved();
    if (this.#open) this.#stream?.enqueue(chunk);
  }

  /**
   * @returns {boolean | Promise<boolean>} whether anybody still reads; a promise when the reader is
   *   behind, resolved when it has caught up
   */
  room() {
    if (!this.#open || !this.#stream) return false;
    if (/** @type {number} */ (this.#stream.desiredSize) > 0) return true;
    return new Promise((resolve) => {
      this.#resume = () => resolve(this.#open);
    });
  }

  end() {
    const stream = this.#open ? this.#stream : undefined;
    this.#settle()
      .then(() => stream?.close())
      // Half an answer is how a stream says that it failed; also where its reader has gone.
      .catch((error) => stream?.error(error));
    this.disconnect();
  }

  /**
   * @param {string} message  a sentence
   * @param {string} details  a traceback, or ""
   */
  fail(message, details) {
    if (!this.#open) {
      console.warn(message, details);
      return;
    }
    if (this.#stream) {
      // Too late for an error page. Closing would make half an answer look whole.
      this.#stream.error(new Error(message));
    } else {
      const hint =
        "This is an error in the application, in a plugin, or in what they were asked to do.";
      this.#reject(new LiteError(message, { hint, traceback: details }));
    }
    console.error(message, details);
    this.disconnect();
  }

  /** @param {number} patience  ms that were waited */
  giveUp(patience) {
    const error = new LiteError(`There was no answer within ${patience / 1000} seconds.`, {
      hint: "The request may be too much work. Try a smaller part of it.",
      name: TOO_SLOW,
    });
    this.#reject(error);
    this.disconnect();
  }

  /** Nobody waits for more of the answer. */
  disconnect() {
    this.#open = false;
    this.#resume?.();
    this.#close();
  }

  /**
   * @param {number} status
   * @param {string} headers
   * @param {Uint8Array | ReadableStream<Uint8Array> | null} body
   * @param {Whole} [whole]
   */
  #answer(status, headers, body, whole) {
    try {
      const response = toResponse(status, headers, body);
      this.#resolve(this.#settle(whole).then(() => response));
    } catch (error) {
      this.#stream = undefined;
      this.fail(`The response cannot be sent: ${error}`, headers);
    }
  }
}

/**
 * @param {number} status
 * @param {string} headers  JSON: a list of pairs
 * @param {Uint8Array | ReadableStream<Uint8Array> | null} body
 * @returns {Response}
 * @throws {Error} the browser cannot represent it
 */
export function toResponse(status, headers, body) {
  const list = new Headers();
  for (const [name, value] of JSON.parse(headers)) list.append(name, value);
  // Some statuses may not even have an empty body.
  const content = body instanceof Uint8Array && body.length === 0 ? null : body;
  const decodedContent = decoded(/** @type {BodyInit | null} */ (content), list);
  return new Response(decodedContent, { status, headers: list });
}

/**
 * Undo an application's compression: browsers do that for what a network gives, not for this.
 *
 * @param {BodyInit | null} body
 * @param {Headers} headers  changed to match
 * @returns {BodyInit | null}
 */
function decoded(body, headers) {
  const coding = headers.get("content-encoding") ?? "identity";
  if (body === null || coding === "identity") return body;
  const decoder = new DecompressionStream(/** @type {CompressionFormat} */ (coding));
  headers.delete("content-encoding");
  headers.delete("content-length");
  return /** @type {ReadableStream} */ (new Response(body).body).pipeThrough(decoder);
}
