/**
 * The headers that keep other sites out of what the worker answers, and data from acting as a page.
 *
 * https://w3c.github.io/webappsec-csp/ and https://html.spec.whatwg.org/#cross-origin-opener-policies
 */

/**
 * Which pages may show an answer in a frame: none, those of this site, or any.
 *
 * @typedef {"none" | "self" | "any"} Framing
 */

/** Types other than HTML whose documents can run scripts. */
const ACTIVE = /^(?:image\/svg|(?:text|application)\/(?:xml|xsl|xslt|rdf)\b|[^;]*\+xml)/i;

/** What pages may reach where a link, or the owner of the site, says `private`. */
const ONLY_THIS_SITE = [
  "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'",
  "form-action 'self'",
];

/**
 * What an answer becomes: a document, the script of a worker, or a part of either.
 *
 * @typedef {"document" | "worker" | "part"} Use
 */

/** @typedef {Array<[name: string, value: string]>} Fields */

/** @type {Fields} that every answer has unless it brings its own */
const ALWAYS = [
  ["x-content-type-options", "nosniff"],
  ["cross-origin-resource-policy", "same-origin"],
];

/** @type {Fields} that documents have as well */
const OF_DOCUMENTS = [
  ["cross-origin-opener-policy", "same-origin"],
  ["referrer-policy", "same-origin"],
];

/**
 * @param {Pick<Request, "mode" | "destination">} request
 * @returns {Use}
 */
export function useOf({ mode, destination }) {
  if (mode === "navigate") return "document";
  return /^(?:shared|service)?worker$/.test(destination) ? "worker" : "part";
}

/**
 * @param {Response} response
 * @param {object} about
 * @param {Use} about.use
 * @param {Framing} about.framing
 * @param {boolean} [about.onlyThisSite]  whether it may talk to no other site
 * @returns {Response} the same answer with what was missing
 */
export function withSafeHeaders(response, { use, framing, onlyThisSite = false }) {
  // An error or a redirect has nothing to protect, and may not be made again.
  const isPlain = response.type === "default" || response.type === "basic";
  if (!isPlain || response.redirected) return response;
  const type = response.headers.get("content-type") ?? "";
  const policy = [
    ...(use === "document" ? documentPolicy(type, framing) : []),
    // A worker goes by the policy of its script, not of the page that starts it.
    ...(use !== "part" && onlyThisSite ? ONLY_THIS_SITE : []),
  ];
  const fields = (use === "document" ? [...ALWAYS, ...OF_DOCUMENTS] : ALWAYS).filter(
    ([name]) => !response.headers.has(name),
  );
  if (policy.length > 0) fields.push(["content-security-policy", policy.join("; ")]);
  try {
    return withFields(response, fields);
  } catch {
    // Headers of fetched and cached responses cannot be changed. Others are not copied, since a copy's body
    // is a stream: this thread would have to pass it on, which takes as long as the thread is busy.
    const { status, statusText, body, headers } = response;
    return withFields(new Response(body, { status, statusText, headers }), fields);
  }
}

/**
 * @param {Response} response
 * @param {Fields} fields
 * @returns {Response} the same one
 * @throws {TypeError} its headers cannot be changed
 */
function withFields(response, fields) {
  for (const [name, value] of fields) response.headers.append(name, value);
  return response;
}

/**
 * @param {string} type  of the content
 * @param {Framing} framing
 * @returns {string[]} directives
 */
function documentPolicy(type, framing) {
  const policy = framing === "any" ? [] : [`frame-ancestors '${framing}'`];
  // In an origin of its own, and without scripts: it came from data, or from a file of a plugin's.
  if (ACTIVE.test(type)) return [...policy, "sandbox"];
  // Not for others: browsers show a PDF by a plug-in of their own.
  return /^text\/html\b/i.test(type) ? [...policy, "object-src 'none'", "base-uri 'self'"] : policy;
}
