import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchSite, requestHead } from "../../../../../shell/worker/bridge/request-head.js";

globalThis.self = /** @type {any} */ ({
  navigator: { userAgent: "Test/1.0", languages: ["de", "en"] },
});

const SITE = "https://example.org";
const OTHER = "https://elsewhere.test";

/** A request as a worker sees it: only a browser can make one that is a navigation. */
function request({ headers = {}, ...fields } = {}) {
  return {
    url: `${SITE}/app/data?x=1`,
    method: "GET",
    mode: "navigate",
    destination: "document",
    referrer: "",
    body: null,
    headers: new Headers(headers),
    ...fields,
  };
}

/** @param {string} [clientId] */
const site = (fields, clientId = "") => fetchSite(request(fields), clientId, SITE);
const head = (fields, clientId = "client") => requestHead(request(fields), clientId);
const headersOf = (fields) => Object.fromEntries(head(fields).headers);

// Each of these decides whether Datasette may be made to change something.
const DECISIONS = [
  // What pages under the worker's control ask for
  ["a fetch", { mode: "cors" }, "client", "same-origin"],
  ["a fetch that posts", { mode: "cors", method: "POST" }, "client", "same-origin"],
  ["a fetch without a referrer", { mode: "same-origin", method: "POST" }, "client", "same-origin"],
  ["an image", { mode: "no-cors" }, "client", "same-origin"],
  // The same from nowhere that is known
  ["a fetch of no client", { mode: "cors" }, "", "none"],
  ["a post of no client", { mode: "cors", method: "POST" }, "", "cross-site"],
  // Navigations, with what each browser tells of them
  ["typed", {}, "", "none"],
  ["a link here", { referrer: `${SITE}/app/` }, "", "same-origin"],
  ["a link from the launcher", { referrer: `${SITE}/` }, "", "same-origin"],
  ["a link elsewhere", { referrer: `${OTHER}/` }, "", "cross-site"],
  ["a link that hides itself", { referrer: "about:client" }, "", "none"],
  ["a form here, Chromium", { method: "POST", headers: { origin: SITE } }, "", "same-origin"],
  ["a form here, Firefox", { method: "POST", referrer: `${SITE}/app/` }, "", "same-origin"],
  ["a form elsewhere, Chromium", { method: "POST", headers: { origin: OTHER } }, "", "cross-site"],
  ["a form elsewhere, Firefox", { method: "POST", referrer: `${OTHER}/` }, "", "cross-site"],
  ["a form that hides itself", { method: "POST" }, "", "cross-site"],
  ["a form in a sandbox", { method: "POST", headers: { origin: "null" } }, "", "cross-site"],
  // A client is named for navigations too: of whoever navigates, which may be anybody.
  ["a form elsewhere with a client", { method: "POST" }, "client", "cross-site"],
  // Origin counts for more than a referrer
  [
    "a form elsewhere with a referrer of here",
    { method: "POST", headers: { origin: OTHER }, referrer: `${SITE}/` },
    "",
    "cross-site",
  ],
  // What only looks like this origin
  ["another port", { method: "POST", headers: { origin: `${SITE}:8001` } }, "", "cross-site"],
  ["another scheme", { method: "POST", referrer: "http://example.org/" }, "", "cross-site"],
  ["a subdomain", { method: "POST", referrer: "https://me.example.org/" }, "", "cross-site"],
  ["a longer name", { method: "POST", referrer: `${SITE}.test/` }, "", "cross-site"],
  [
    "a name in front",
    { method: "POST", referrer: "https://example.org@x.test/" },
    "",
    "cross-site",
  ],
  ["a file", { method: "POST", referrer: "file:///example.org/" }, "", "cross-site"],
  // Every method but the safe ones can change something
  ["a method of its own", { mode: "navigate", method: "PURGE" }, "", "cross-site"],
  ["a look at the head", { mode: "navigate", method: "HEAD" }, "", "none"],
];

for (const [name, fields, clientId, expected] of DECISIONS) {
  test(`Sec-Fetch-Site of ${name}`, () => {
    assert.equal(site(fields, clientId), expected);
    const { headers } = requestHead(request(fields), clientId);
    assert.deepEqual(
      headers.filter(([key]) => key === "sec-fetch-site"),
      [["sec-fetch-site", expected]],
    );
  });
}

test("a page cannot say itself where it is", () => {
  const { headers } = requestHead(
    request({ method: "POST", headers: { "sec-fetch-site": "same-origin", host: "x.test" } }),
    "",
  );
  const told = Object.fromEntries(headers);
  assert.equal(told["sec-fetch-site"], "cross-site");
  assert.equal(told.host, "example.org");
});

test("the address is taken apart as it stands", () => {
  const { scheme, host, raw_path, query_string } = head({
    url: "http://localhost:8001/app/caf%C3%A9%2Fx?a=%20b&c=+#hash",
  });
  assert.deepEqual(
    { scheme, host, raw_path, query_string },
    {
      scheme: "http",
      host: "localhost:8001",
      raw_path: "/app/caf%C3%A9%2Fx",
      query_string: "a=%20b&c=+",
    },
  );
});

test("a host has no port where it is the scheme's own, and brackets where it is IPv6", () => {
  assert.equal(head({ url: "https://example.org:443/" }).host, "example.org");
  assert.equal(headersOf({ url: "http://[::1]:8001/" }).host, "[::1]:8001");
  assert.equal(headersOf({ url: "http://[::1]:80/" }).host, "[::1]");
});

test("an empty query and none are the same", () => {
  assert.equal(head({ url: "https://example.org/app/?" }).query_string, "");
  assert.equal(head({ url: "https://example.org/app/" }).query_string, "");
});

test("what browsers hide is put back", () => {
  const told = headersOf({ mode: "cors", destination: "", referrer: `${SITE}/app/x` });
  assert.deepEqual(told, {
    "accept-language": "de,en",
    host: "example.org",
    referer: `${SITE}/app/x`,
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-origin",
    "user-agent": "Test/1.0",
  });
});

test("what a page says of itself is kept", () => {
  const said = { "accept-language": "fr", "x-own": "caf\xe9", authorization: "Bearer x" };
  const told = headersOf({ headers: said });
  for (const [name, value] of Object.entries(said)) assert.equal(told[name], value);
});

test("a referrer that is no address is none", () => {
  for (const referrer of ["", "about:client", "no-referrer"]) {
    assert.equal(headersOf({ referrer }).referer, undefined);
  }
});

test("Origin is put back for what may change something", () => {
  const origin = (fields, clientId) =>
    Object.fromEntries(head(fields, clientId).headers).origin ?? null;
  assert.equal(origin({ mode: "cors" }), null);
  assert.equal(origin({ mode: "cors", method: "POST" }), SITE);
  assert.equal(origin({ method: "POST" }, ""), "null");
  assert.equal(origin({ method: "POST", headers: { origin: OTHER } }, ""), OTHER);
});

test("a body is announced", () => {
  const cases = [
    [{ method: "GET" }, false, {}],
    [{ method: "HEAD", body: undefined }, false, {}],
    [{ method: "POST", body: null }, false, { "content-length": "0" }],
    [{ method: "POST", body: new ReadableStream() }, true, { "transfer-encoding": "chunked" }],
    // Firefox does not tell whether there is one.
    [{ method: "DELETE", body: undefined }, true, { "transfer-encoding": "chunked" }],
  ];
  for (const [fields, hasBody, expected] of cases) {
    assert.equal(head(fields).has_body, hasBody);
    const told = headersOf(fields);
    for (const name of ["content-length", "transfer-encoding"]) {
      assert.equal(told[name], expected[name]);
    }
  }
});
