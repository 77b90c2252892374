/** Tests of shell/shared/source-addresses.js: what may be fetched as data. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openSource } from "../../../../shell/shared/fetch-source.js";
import { sourceAddress } from "../../../../shell/shared/source-addresses.js";

const ROOT = new URL("https://example.org/lite/");

for (const address of [
  "https://a.test/x.csv?y=1#z",
  "http://localhost:8000/x.db",
  "https://example.org/lite/data/world.db",
  "https://example.org/app/x.csv", // another site's, on the same origin
  "https://example.org/lite/appendix.csv",
]) {
  test(`${address} may be fetched`, () => {
    assert.equal(sourceAddress(address, ROOT).href, address);
  });
}

for (const [address, sentence] of [
  ["javascript:alert(1)", /is not an address that can be fetched/],
  ["JavaScript:alert(1)", /is not an address/],
  ["data:text/csv,a,b", /is not an address/],
  ["blob:https://example.org/1234", /is not an address/],
  ["file:///etc/passwd", /is not an address/],
  ["filesystem:https://example.org/x", /is not an address/],
  ["ftp://a.test/x.csv", /is not an address/],
  ["//a.test/x.csv", /is not an address/],
  ["", /is not an address/],
  ["https://me:secret@a.test/x.csv", /a\.test contains a user name or password/],
  ["https://me@a.test/x.csv", /contains a user name/],
  ["https://example.org/lite/app/@other/data/t.csv", /this site’s own workspaces/],
  ["https://example.org/lite/app/data.db", /own workspaces/],
  ["https://example.org/lite/app", /own workspaces/],
  ["https://example.org/lite/data/../app/x.csv", /own workspaces/],
  ["https://example.org/lite/%61pp/x.csv", /own workspaces/],
  ["https://example.org/lite//app/x.csv", /own workspaces/],
  ["https://EXAMPLE.org:443/lite/app/x.csv", /own workspaces/],
  [`https://a.test/${"x".repeat(20_000)}`, /is too long: it has 20,015 characters/],
]) {
  test(`${address.slice(0, 60)} may not`, () => {
    assert.throws(
      () => sourceAddress(address, ROOT),
      (error) => {
        assert.equal(error.name, "LiteError");
        assert.match(error.message, sentence);
        assert.ok(error.message.length < 400);
        assert.doesNotMatch(error.message + error.hint, /secret/);
        return error.hint !== "";
      },
    );
  });
}

test("where redirects lead counts as well", async (t) => {
  const url = "https://me:secret@a.test/x.csv";
  t.mock.method(globalThis, "fetch", async () => ({
    ok: true,
    redirected: true,
    url,
    status: 200,
  }));
  await assert.rejects(openSource("https://a.test/x.csv"), /contains a user name or password/);
});

test("cookies go to the site's own files alone", async (t) => {
  const sent = [];
  t.mock.method(globalThis, "fetch", async (_, { credentials }) => {
    sent.push(credentials);
    return { ok: true, redirected: false };
  });
  await openSource("https://a.test/x.csv");
  assert.deepEqual(sent, ["omit"]);
});
