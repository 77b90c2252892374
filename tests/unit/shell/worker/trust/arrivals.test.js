/** Tests of shell/worker/trust/: where page loads come from, what they may do, and their headers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choosesWork,
  comesFromSite,
  comesFromWithin,
  decides,
  isFramed,
} from "../../../../../shell/worker/trust/arrivals.js";
import { useOf, withSafeHeaders } from "../../../../../shell/worker/site-cache/response-headers.js";

const SITE = new URL("https://example.org/lite/");
const within = (referrer, key = "abc") => comesFromWithin({ referrer }, key, SITE);

test("only a page of the same workspace is inside", () => {
  assert.ok(within(`${SITE}app/@abc/data/t?sql=1`));
  assert.ok(within(`${SITE}app/data`, ""));
  for (const referrer of [
    "",
    "about:client",
    SITE.href,
    `${SITE}?csv=x`,
    `${SITE}saved.html`,
    `${SITE}app/`,
    `${SITE}app/@other/`,
    `${SITE}app/@abcd/`,
    `${SITE}app/@abc?sql=1`, // sent on by a page that shows nothing yet
    "https://example.org/app/@abc/",
    "https://evil.test/lite/app/@abc/",
    "https://example.org:8443/lite/app/@abc/",
    "https://example.org.evil.test/lite/app/@abc/",
    "http://example.org/lite/app/@abc/",
  ]) {
    assert.ok(!within(referrer), referrer);
  }
  assert.ok(!within(`${SITE}app/@abc/`, ""));
});

test("the launcher is of this site", () => {
  assert.ok(comesFromSite({ referrer: `${SITE}?csv=x` }, SITE));
  assert.ok(!comesFromSite({ referrer: "https://example.org/other/" }, SITE));
  assert.ok(!comesFromSite({ referrer: "" }, SITE));
});

test("what an address itself says to do is its sender's choice", () => {
  const chooses = (path) => choosesWork(`${SITE}app/@abc/${path}`, path.split("?")[0]);
  for (const path of [
    "data/-/query?sql=select+1",
    "data/-/query?%73ql=select+1",
    "data/t?_sort=a",
    "data/t?a__contains=b",
    "data/t?_next=5",
    "data/t?x",
    "data/t?_hide_sql=1&_where=1",
    "data/t?__proto__=1",
    "data.db",
    "data/t.csv",
    "data/t/1.json",
    "data/t/1/photo.blob",
    "-/download.zip",
  ]) {
    assert.ok(chooses(path), path);
  }
  for (const path of ["", "data", "data/t", "data/t~2Ecsv", "data/t/1", "data/t?", "-/install"]) {
    assert.ok(!chooses(path), path);
  }
});

test("pages that decide are those below “-/”", () => {
  for (const path of [
    "-/install",
    "-/sources",
    "data/-/create",
    "data/t/1/-/delete",
    "-/querying",
    "data/-/columns-x",
  ]) {
    assert.ok(decides(path), path);
  }
  for (const path of [
    "",
    "data/t",
    "data/-/query",
    "data/t/-/columns",
    "-/static/app.css",
    "data/t-/x",
  ]) {
    assert.ok(!decides(path), path);
  }
});

test("frames are known by their destination", () => {
  for (const destination of ["iframe", "frame", "embed", "object", "fencedframe"]) {
    assert.ok(isFramed({ destination }));
  }
  assert.ok(!isFramed({ destination: "document" }));
});

const safe = (type, page = {}, headers = {}) =>
  withSafeHeaders(new Response("x", { headers: { "content-type": type, ...headers } }), {
    use: "document",
    framing: "any",
    ...page,
  }).headers;

test("every answer is kept apart from other sites", () => {
  const headers = safe("application/json");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
  assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
  assert.equal(headers.get("referrer-policy"), "same-origin");
});

test("what becomes part of a page needs no policy of its own, but a worker does", () => {
  const headers = safe("text/css", { use: "part", framing: "none", onlyThisSite: true });
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
  assert.equal(headers.get("cross-origin-opener-policy"), null);
  assert.equal(headers.get("content-security-policy"), null);
  const worker = safe("text/javascript", { use: "worker", onlyThisSite: true });
  assert.match(worker.get("content-security-policy") ?? "", /default-src 'self'/);
  assert.equal(useOf({ mode: "navigate", destination: "iframe" }), "document");
  assert.equal(useOf({ mode: "same-origin", destination: "sharedworker" }), "worker");
  assert.equal(useOf({ mode: "cors", destination: "" }), "part");
});

test("what an application says itself stays", () => {
  const own = { "referrer-policy": "origin", "content-security-policy": "default-src 'self'" };
  const headers = safe("text/html; charset=utf-8", { framing: "none" }, own);
  assert.equal(headers.get("referrer-policy"), "origin");
  assert.match(
    headers.get("content-security-policy"),
    /^default-src 'self', frame-ancestors 'none'/,
  );
});

test("documents that come from data run in an origin of their own, without scripts", () => {
  for (const type of [
    "image/svg+xml",
    "image/svg+xml; charset=utf-8",
    "text/xml",
    "application/xml",
    "application/xhtml+xml",
    "application/rss+xml",
    "TEXT/XML",
    "text/xsl",
    "application/mathml+xml",
  ]) {
    assert.match(safe(type).get("content-security-policy") ?? "", /(^|; )sandbox$/, type);
  }
  for (const type of ["text/html", "text/css", "text/javascript", "image/png", "text/plain", ""]) {
    assert.doesNotMatch(safe(type).get("content-security-policy") ?? "", /sandbox/, type);
  }
});

test("pages may be framed as their workspace allows", () => {
  const policy = (framing) => safe("text/html", { framing }).get("content-security-policy");
  assert.match(policy("none"), /frame-ancestors 'none'/);
  assert.match(policy("self"), /frame-ancestors 'self'/);
  assert.doesNotMatch(policy("any"), /frame-ancestors/);
  assert.match(policy("any"), /object-src 'none'; base-uri 'self'/);
});

test("pages of a private kind reach this site only", () => {
  const policy = safe("text/html", { onlyThisSite: true }).get("content-security-policy") ?? "";
  assert.match(
    policy,
    /default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'self'/,
  );
  assert.doesNotMatch(policy, /https?:/);
  assert.doesNotMatch(safe("text/html").get("content-security-policy"), /default-src/);
});

test("where an embed can be edited, pages of a database may be framed", () => {
  for (const path of ["data/-/execute-write", "data/t/-/insert", "data/t/1/-/delete"]) {
    assert.ok(decides(path), path);
    assert.ok(!decides(path, true), path);
  }
  for (const path of ["-/install", "-/sources", "-/create-token"]) {
    assert.ok(decides(path, true), path);
  }
});

test("only an answer whose headers cannot be changed is copied", () => {
  const page = { use: "part", framing: "any" };
  const made = new Response("x");
  assert.equal(withSafeHeaders(made, page), made);
  const fetched = Response.redirect("https://example.org/");
  const safe = withSafeHeaders(fetched, page);
  assert.equal(safe.status, 302);
  assert.equal(safe.headers.get("location"), "https://example.org/");
  assert.equal(safe.headers.get("x-content-type-options"), "nosniff");
});
