/**
 * Gets the bytes behind a source's URL, or explains in a sentence why it cannot.
 *
 * Used by the worker, which loads sources, and by the launcher, which looks at the first bytes of a URL
 * whose name does not say what it is. Python reads the contents in full.
 */

import { LiteError } from "./errors.js";
import { firstEntry, HEAD_SIZE, recognise, unreadable } from "./file-kinds.js";
import { inlineResponse, isInline } from "./inline-store.js";
import {
  bytesUrl,
  closedHostAdvice,
  gitHubFolder,
  gitLfsUrl,
  kindFromName,
  toFetchableUrl,
} from "./remote-urls.js";
import { SITE_ROOT } from "./site.js";
import { sourceAddress } from "./source-addresses.js";
import { firstBytes, unpackedHead } from "./stream.js";

/** Advice that always works. */
const DROP_IT = "download the file with your browser and drop it onto this page";

/**
 * @param {string} url  absolute
 * @param {{cache?: RequestCache, signal?: AbortSignal}} [options]  as fetch() takes them
 * @returns {Promise<Response>} with a 2xx status and an unread body
 * @throws {LiteError} unreachable, blocked by CORS, or an HTTP error
 */
export async function openSource(url, { cache = "default", signal } = {}) {
  sourceAddress(url);
  if (isInline(url)) return inlineResponse(url);
  const { href } = sourceAddress(bytesUrl(url));
  let response;
  try {
    // A link must not be able to read data behind the person's logins elsewhere. The site's own files
    // may be behind a login of the site.
    const credentials = href.startsWith(SITE_ROOT.href) ? "same-origin" : "omit";
    response = await fetch(href, { credentials, cache, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw await whyUnreachable(url, cause);
  }
  if (response.redirected) sourceAddress(response.url);
  if (!response.ok) throw httpError(url, response.status);
  return response;
}

/**
 * Request a part of a source. What the browser has cached is not used, since it may be of another version.
 *
 * @param {string} url   absolute
 * @param {number} start
 * @param {number} end   of the bytes, exclusive
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>} of any status, with an unread body
 * @throws {LiteError} the address is not allowed
 * @throws {TypeError} unreachable, or blocked by CORS
 */
export async function openRange(url, start, end, signal) {
  const { href } = sourceAddress(bytesUrl(url));
  const credentials = href.startsWith(SITE_ROOT.href) ? "same-origin" : "omit";
  const headers = { Range: `bytes=${start}-${end - 1}` };
  const response = await fetch(href, { credentials, cache: "no-store", headers, signal });
  if (response.redirected) sourceAddress(response.url);
  return response;
}

/**
 * Recognise the kind of data from its first bytes; the rest is not downloaded.
 *
 * @param {string} url  absolute, as a person typed it
 * @returns {Promise<import("./remote-urls.js").SourceKind>}
 * @throws {LiteError} also if the bytes are not of a kind that can be opened
 */
export async function sniffKind(url) {
  // Each file of a folder is opened according to its own kind.
  if (gitHubFolder(url)) return "csv";
  const address = toFetchableUrl(url);
  let response = await openSource(address);
  let head = await firstBytes(response.body, HEAD_SIZE);
  const content = recognise(head) === "lfs" && gitLfsUrl(address);
  if (content) {
    response = await openSource(content);
    head = await firstBytes(response.body, HEAD_SIZE);
  }
  return kindOf(head, url, response);
}

/**
 * @param {Uint8Array} head
 * @param {string} url
 * @param {Response} response
 * @returns {Promise<import("./remote-urls.js").SourceKind>}
 */
async function kindOf(head, url, response) {
  const kind = recognise(head);
  const problem = notData(kind, url, response);
  if (problem) throw problem;
  switch (kind) {
    case "sqlite":
      return "url";
    case "parquet":
    case "excel":
    case "json":
    case "sql":
      return kind;
    case "zip":
      return kindFromName(firstEntry(head)) ?? "csv";
    case "gzip":
      return kindOf(await unpackedHead(head, HEAD_SIZE), url, response);
    case "binary":
      throw new LiteError(`${url} is a binary file of a kind that cannot be opened here.`, {
        hint: "SQLite, CSV, JSON, Excel, Parquet and SQL files can be opened.",
        source: url,
      });
    default:
      return "csv";
  }
}

/**
 * Say what is wrong with an answer that is not the data itself.
 *
 * @param {import("./file-kinds.js").FileKind} kind  of the answer
 * @param {string} url  that was requested
 * @param {Response} response
 * @returns {LiteError | undefined} undefined when it may be the data
 */
export function notData(kind, url, response) {
  if (kind === "html" && response.redirected && isLogin(response.url)) {
    const { host } = new URL(url);
    return new LiteError(`${host} requires a login for ${url}.`, {
      hint:
        "Data behind a login cannot be opened by address. Make the file public, or " +
        `${DROP_IT}.`,
      source: url,
    });
  }
  const advice = kind === "html" && closedHostAdvice(url);
  if (advice) {
    return new LiteError(`${url} is a web page, not a data file.`, { hint: advice, source: url });
  }
  return unreadable(kind, url);
}

/** @param {string} url  where a redirect led */
function isLogin(url) {
  const { hostname, pathname } = new URL(url);
  return (
    /(^|[/_-])(log-?in|sign-?in|sign_in|auth|authorize|oauth2?|sso|saml2?)([/_.-]|$)/i.test(
      pathname,
    ) || /^(accounts|login|auth|sso)\./.test(hostname)
  );
}

/**
 * Find out why a fetch failed. fetch() rejects in the same way if a host is down and if it forbids other
 * sites to read it. A request in no-cors mode succeeds only in the second case.
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
  const advice = closedHostAdvice(url);
  if (advice && self.navigator.onLine) {
    return new LiteError(`${host} does not allow other web sites to read ${url}.`, {
      hint: advice,
      source: url,
      cause,
    });
  }
  const reachable = await fetch(url, { mode: "no-cors", credentials: "omit" }).then(
    (response) => (response.body?.cancel(), true),
    () => false,
  );
  if (reachable && (await redirects(url))) {
    return new LiteError(
      `${url} redirects to a host that does not allow other web sites to read it.`,
      {
        hint:
          "Open it in a tab: if the address changes, try the new one. Otherwise the host it redirects to would " +
          `have to send the header “Access-Control-Allow-Origin: *” (CORS); or ${DROP_IT}.`,
        source: url,
        cause,
      },
    );
  }
  if (reachable) {
    return new LiteError(`${host} does not allow other web sites to read ${url}.`, {
      hint:
        "The server would have to send the header “Access-Control-Allow-Origin: *” (CORS), even where " +
        `it redirects to another address. If it is not yours, ${DROP_IT}.`,
      source: url,
      cause,
    });
  }
  if (!reachable && (await redirects(url))) {
    return new LiteError(
      `${url} keeps redirecting and never reaches a file: it goes in a circle, or to a host that cannot be reached.`,
      {
        hint: `Open it in a tab. If the browser cannot show it either, tell the owner of ${host}; otherwise use the address that is shown there.`,
        source: url,
        cause,
      },
    );
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
      "Opening it needs the network. Check your connection, and check the address for mistakes. If both " +
      "are right, the server may be down.",
    source: url,
    cause,
  });
}

/**
 * @param {string} url  that cannot be read
 * @returns {Promise<boolean>} whether it is known to be a redirect, which itself is allowed
 */
async function redirects(url) {
  const options = /** @type {const} */ ({ redirect: "manual", credentials: "omit" });
  return fetch(url, options).then(
    ({ type }) => type === "opaqueredirect",
    () => false,
  );
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
      "requires a login for",
      `Data behind a login cannot be opened by address. Make it public, or ${DROP_IT}.`,
    ],
    403: [
      "refuses access to",
      "The file may be private, its link may have expired, or there were too many requests.",
    ],
    404: [
      "has no file at",
      "Check the address for mistakes; the file may have been moved or renamed.",
    ],
    410: ["no longer has", "The file was removed."],
    429: ["is getting too many requests and did not send", "Wait a minute, then try again."],
  };
  const { host } = new URL(url);
  const [verb, hint] =
    known[status] ??
    (status >= 500
      ? ["has a problem and did not send", "Try again later."]
      : ["did not send", "Check the address for mistakes."]);
  return new LiteError(`${host} ${verb} ${url} (HTTP ${status}).`, { hint, source: url });
}
