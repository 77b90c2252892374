/**
 * Getting the bytes behind a source's URL, or saying in a sentence why not.
 *
 * Used by the worker, which loads sources, and by the launcher, which looks at the first bytes of a
 * URL whose name does not tell what it is. What the bytes contain in full is Python's business.
 */

import { LiteError } from "./errors.js";
import { toFetchableUrl } from "./remote-urls.js";
import { chunksOf } from "./stream.js";

/** The first bytes of a SQLite file. */
export const SQLITE_MAGIC = "SQLite format 3\0";
const SNIFF_BYTES = 1024;

/**
 * @param {string} url  absolute
 * @param {{cache?: RequestCache}} [options]  as fetch() takes them
 * @returns {Promise<Response>} with a 2xx status and an unread body
 * @throws {LiteError} unreachable, blocked by CORS, or an HTTP error
 */
export async function openSource(url, { cache = "default" } = {}) {
  if (!/^https?:$/.test(scheme(url))) {
    throw new LiteError(`“${url}” is not an address that can be fetched.`, {
      hint: "Use an address that begins with https:// or http://.",
      source: url,
    });
  }
  let response;
  try {
    // No credentials: a link must not be able to read what the person is logged in to.
    response = await fetch(url, { credentials: "same-origin", cache });
  } catch (cause) {
    throw await whyUnreachable(url, cause);
  }
  if (!response.ok) throw httpError(url, response.status);
  return response;
}

/**
 * Recognise the kind of data from its first bytes; the rest is not downloaded.
 *
 * @param {string} url  absolute, as a person typed it
 * @returns {Promise<import("./remote-urls.js").SourceKind>}
 * @throws {LiteError} also when the bytes are of no kind that can be opened
 */
export async function sniffKind(url) {
  const response = await openSource(toFetchableUrl(url));
  const head = await firstBytes(response, SNIFF_BYTES);
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith(SQLITE_MAGIC)) return "url";
  if (/^\s*(<!doctype html|<html)/i.test(text)) {
    throw new LiteError(`${url} is a web page, not a data file.`, {
      hint: "Look for a download or “raw” link on that page and paste its address instead.",
      source: url,
    });
  }
  const utf16 = /^(\xff\xfe|\xfe\xff)/.test(text);
  if (text.includes("\0") && !utf16) {
    throw new LiteError(`${url} is neither a SQLite database nor a CSV file.`, {
      hint: "It is a binary file of another kind. SQLite databases and CSV files can be opened here.",
      source: url,
    });
  }
  return "csv";
}

/**
 * @param {Response} response
 * @param {number} count
 * @returns {Promise<Uint8Array>} at most about `count` bytes
 */
async function firstBytes(response, count) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of response.body ? chunksOf(response.body) : []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= count) break;
  }
  const bytes = await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer();
  return new Uint8Array(bytes, 0, Math.min(size, count));
}

/** @param {string} url */
function scheme(url) {
  return URL.canParse(url) ? new URL(url).protocol : "";
}

/**
 * fetch() rejects alike for a host that is down and one that forbids other sites to read it. A
 * request in no-cors mode succeeds only in the second case, which tells the two apart.
 *
 * @param {string} url
 * @param {unknown} cause
 * @returns {Promise<LiteError>}
 */
async function whyUnreachable(url, cause) {
  const { host } = new URL(url);
  if (new URL(url).protocol === "http:" && self.location.protocol === "https:") {
    return new LiteError(`The browser does not let this page load ${url}.`, {
      hint: "This site uses https, so it may only read https addresses. Try the same address with https://.",
      source: url,
      cause,
    });
  }
  const reachable = await fetch(url, { mode: "no-cors", credentials: "omit" }).then(
    (response) => (response.body?.cancel(), true),
    () => false,
  );
  if (reachable) {
    return new LiteError(`${host} does not allow other web sites to read ${url}.`, {
      hint:
        "The server would have to send the header “Access-Control-Allow-Origin: *” (CORS). If it is not yours, " +
        "download the file and put it on a host that does, such as a GitHub repository or gist.",
      source: url,
      cause,
    });
  }
  if (!self.navigator.onLine) {
    return new LiteError(`${url} could not be loaded because you are offline.`, {
      hint: "Connect to the internet and try again.",
      source: url,
      cause,
    });
  }
  return new LiteError(`${host} could not be reached, so ${url} was not loaded.`, {
    hint:
      "Opening it needs the network: check your connection, and the address for mistakes. If both are " +
      "right, the server may be down.",
    source: url,
    cause,
  });
}

/**
 * @param {string} url
 * @param {number} status
 * @returns {LiteError}
 */
function httpError(url, status) {
  /** @type {Record<number, [string, string]>} */
  const known = {
    401: [
      "asks for a login before it gives out",
      "Data behind a login cannot be opened by address.",
    ],
    403: ["refuses to give out", "The file may be private, or its link may have expired."],
    404: [
      "has no file at",
      "Check the address for mistakes; the file may have been moved or renamed.",
    ],
    410: ["no longer has", "The file was removed."],
    429: ["is getting too many requests and did not give out", "Wait a minute, then try again."],
  };
  const { host } = new URL(url);
  const [verb, hint] =
    known[status] ??
    (status >= 500
      ? ["has a problem of its own and did not give out", "Try again later."]
      : ["did not give out", "Check the address for mistakes."]);
  return new LiteError(`${host} ${verb} ${url} (HTTP ${status}).`, { hint, source: url });
}
