/**
 * Describes a request to an ASGI application, before its body, and restores what browsers hide from
 * service workers: Host, Referer, Origin, User-Agent, the Sec-Fetch headers, and how the body is sent.
 *
 * Cookies are handled in Python (engine/asgi/cookies.py).
 */

/**
 * The fields of engine.asgi.server.RequestHead.
 *
 * @typedef {object} RequestHead
 * @property {string} method
 * @property {string} scheme
 * @property {string} host         with its port, unless it is the scheme's own
 * @property {string} raw_path     percent-escapes as they stand
 * @property {string} query_string without the question mark
 * @property {Array<[string, string]>} headers
 * @property {boolean} has_body
 */

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
const BODILESS_METHODS = ["GET", "HEAD"];

/**
 * @param {Request} request
 * @param {string} clientId  the fetch event's
 * @returns {RequestHead}
 */
export function requestHead(request, clientId) {
  const url = new URL(request.url);
  // Null says that there is none; Firefox, which has no streams here, says nothing.
  const hasBody = !BODILESS_METHODS.includes(request.method) && request.body !== null;
  return {
    method: request.method,
    scheme: url.protocol.slice(0, -1),
    host: url.host,
    raw_path: url.pathname,
    query_string: url.search.slice(1),
    headers: headers(request, url, fetchSite(request, clientId, url.origin), hasBody),
    has_body: hasBody,
  };
}

/**
 * @param {Request} request
 * @param {URL} url
 * @param {FetchSite} site
 * @param {boolean} hasBody
 * @returns {Array<[string, string]>}
 */
function headers(request, url, site, hasBody) {
  const restored = new Headers(request.headers);
  restored.set("host", url.host);
  restored.set("user-agent", self.navigator.userAgent);
  restored.set("sec-fetch-site", site);
  restored.set("sec-fetch-mode", request.mode);
  restored.set("sec-fetch-dest", request.destination || "empty");
  // Its length is not known before it is read, and without either header there would be no body.
  if (hasBody) restored.set("transfer-encoding", "chunked");
  else if (!BODILESS_METHODS.includes(request.method)) restored.set("content-length", "0");
  if (!restored.has("accept-language") && self.navigator.languages?.length) {
    restored.set("accept-language", self.navigator.languages.join(","));
  }
  if (/^https?:/.test(request.referrer)) restored.set("referer", request.referrer);
  if (!SAFE_METHODS.includes(request.method) && !restored.has("origin")) {
    // Known to be this site, or as good as unknown: "null" is what browsers say for that.
    restored.set("origin", site === "same-origin" ? url.origin : "null");
  }
  return [...restored];
}

/**
 * The handshake of a WebSocket of a page of this site.
 *
 * @param {URL} url  ws: or wss:
 * @param {string[]} protocols  that the page offers
 * @param {string} origin  of the page
 * @returns {RequestHead}
 */
export function handshakeHead(url, protocols, origin) {
  const head = new Headers({
    host: url.host,
    origin,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "websocket",
    "sec-fetch-dest": "websocket",
    "user-agent": self.navigator.userAgent,
  });
  if (self.navigator.languages?.length) {
    head.set("accept-language", self.navigator.languages.join(","));
  }
  if (protocols.length > 0) head.set("sec-websocket-protocol", protocols.join(", "));
  return {
    method: "GET",
    scheme: url.protocol.slice(0, -1),
    host: url.host,
    raw_path: url.pathname,
    query_string: url.search.slice(1),
    headers: [...head],
    has_body: false,
  };
}

/** @typedef {"same-origin" | "cross-site" | "none"} FetchSite */

/**
 * Where a request comes from, as the header Sec-Fetch-Site says it (https://www.w3.org/TR/fetch-metadata/).
 * Applications rest their protection against forged requests on this, so a request that could change
 * something counts as cross-site unless it is shown to come from this origin.
 *
 * @param {Request} request
 * @param {string} clientId
 * @param {string} origin  this site's
 * @returns {FetchSite}
 */
export function fetchSite(request, clientId, origin) {
  // What is not a navigation comes from a page or worker under this worker's control, and only those
  // of its own origin are.
  if (request.mode !== "navigate" && clientId !== "") return "same-origin";
  const claimed = request.headers.get("origin");
  if (claimed !== null) return claimed === origin ? "same-origin" : "cross-site";
  if (/^https?:/.test(request.referrer)) {
    return new URL(request.referrer).origin === origin ? "same-origin" : "cross-site";
  }
  // Typed, from a bookmark, or from a page that hides itself.
  return SAFE_METHODS.includes(request.method) ? "none" : "cross-site";
}
