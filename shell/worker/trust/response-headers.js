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
 * Headers that every answer has unless it brings its own.
 *
 * @type {Array<[string, string]>}
 */
const ALWAYS = [
  ["x-content-type-options", "nosniff"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["referrer-policy", "same-origin"],
];

/**
 * @param {Response} response
 * @param {object} page
 * @param {Framing} page.framing
 * @param {boolean} [page.onlyThisSite]  whether its pages may talk to no other site
 * @returns {Response} the same answer with what was missing
 */
export function withSafeHeaders(response, { framing, onlyThisSite = false }) {
  // An error or a redirect has nothing to protect, and may not be made again.
  const isPlain = response.type === "default" || response.type === "basic";
  if (!isPlain || response.redirected) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of ALWAYS) if (!headers.has(name)) headers.set(name, value);
  const policy = policyFor(headers.get("content-type") ?? "", framing, onlyThisSite);
  if (policy.length > 0) headers.append("content-security-policy", policy.join("; "));
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}

/**
 * @param {string} type  of the content
 * @param {Framing} framing
 * @param {boolean} onlyThisSite
 * @returns {string[]} directives
 */
function policyFor(type, framing, onlyThisSite) {
  const ancestors = { none: ["frame-ancestors 'none'"], self: ["frame-ancestors 'self'"], any: [] };
  const policy = [...ancestors[framing]];
  // In an origin of its own, and without scripts: it came from data, or from a file of a plugin's.
  if (ACTIVE.test(type))
    return [...policy, "sandbox", "default-src 'none'", "style-src 'unsafe-inline'"];
  if (!/^text\/html\b/i.test(type)) return policy;
  policy.push("object-src 'none'", "base-uri 'self'");
  return onlyThisSite ? [...policy, ...ONLY_THIS_SITE] : policy;
}
