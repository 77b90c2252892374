/** Tests of shell/worker/routing/root-path-redirects.js: which requests are an instance's although they look otherwise. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { instancePath } from "../../../../../shell/shared/paths.js";
import { SITE_ROOT } from "../../../../../shell/shared/site.js";
import { targetOf } from "../../../../../shell/worker/routing/root-path-redirects.js";

test("only pages of an instance stray", () => {
  const url = `${SITE_ROOT.href}graphql/data?x=1`;
  for (const referrer of ["", "about:client", SITE_ROOT.href, "https://a.test/app/x"]) {
    assert.equal(targetOf({ url, referrer }), undefined);
  }
});

test("what strays is sent to the instance of its page", () => {
  for (const key of ["", "abc"]) {
    const home = SITE_ROOT.href + instancePath(key);
    const url = `${SITE_ROOT.href}graphql/data?x=1`;
    assert.equal(targetOf({ url, referrer: `${home}a/b?c` }), `${home}graphql/data?x=1`);
  }
});

test("nothing leads to another host", () => {
  const home = SITE_ROOT.href + instancePath("abc");
  const { origin } = new URL("https://site.test");
  for (const path of ["//evil.test/x", "/\\\\evil.test", "/%2F/evil.test", "/x?to=//evil.test"]) {
    const target = targetOf({ url: origin + path, referrer: `${home}data` });
    assert.ok(target === undefined || new URL(target).href.startsWith(home), path);
  }
});
