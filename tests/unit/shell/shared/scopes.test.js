/** Tests of shell/shared/scopes.js: which registration is for what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT, roleOf, scopeOf } from "../../../../shell/shared/scopes.js";
import { SITE_ROOT } from "../../../../shell/shared/site.js";

test("a scope names the role that it was made of", () => {
  for (const role of [ROOT, "", "bWVtb3J5PTE", "a-b_c"]) assert.equal(roleOf(scopeOf(role)), role);
});

test("a scope that is none of this site’s roles names none", () => {
  for (const path of ["app/@k/data/", "app", "elsewhere/", "elsewhere/app/", "app/@k"]) {
    assert.equal(roleOf(new URL(path, SITE_ROOT).href), undefined, path);
  }
  assert.equal(roleOf("https://elsewhere.example/app/@k/"), undefined);
});
