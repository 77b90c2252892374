import assert from "node:assert/strict";
import { test } from "node:test";
import { instancePath, pageAddress, parseAppPath } from "../../../../shell/shared/paths.js";

for (const [pathname, expected] of [
  ["/app/", { root: "/", key: "", path: "" }],
  ["/app/data/t", { root: "/", key: "", path: "data/t" }],
  ["/app/@abc/", { root: "/", key: "abc", path: "" }],
  ["/app/@abc", { root: "/", key: "abc", path: "" }],
  ["/app/@abc/data/app/t", { root: "/", key: "abc", path: "data/app/t" }],
  ["/some/sub/path/app/@abc/x", { root: "/some/sub/path/", key: "abc", path: "x" }],
]) {
  test(`${pathname} is taken apart`, () => assert.deepEqual(parseAppPath(pathname), expected));
}

for (const pathname of ["/", "/app", "/index.html", "/apps/x", "/myapp/x"]) {
  test(`${pathname} is not under app/`, () => assert.equal(parseAppPath(pathname), null));
}

test("with a known root, another folder called app is not taken for ours", () => {
  assert.equal(parseAppPath("/app/x", "/sub/"), null);
  assert.deepEqual(parseAppPath("/app/app/x", "/app/"), { root: "/app/", key: "", path: "x" });
});

test("an instance's address and its key are the same thing", () => {
  assert.equal(parseAppPath(`/${instancePath("abc")}`)?.key, "abc");
  assert.equal(instancePath(""), "app/");
});

test("a link's page is one of the instance it opens", () => {
  const root = new URL("https://example.org/lite/");
  const home = `${root}app/@abc/`;
  const page = (path, key = "abc") => pageAddress(root, key, path);
  assert.equal(page("data/t?_facet=x#y"), `${home}data/t?_facet=x#y`);
  assert.equal(page(""), home);
  for (const path of ["../@other/data", "../../saved.html", "x/../../@other/", "%2e%2e/@other/"]) {
    assert.equal(page(path), home, path);
  }
  // Of the default instance, where every other one is below it.
  assert.equal(page("@other/data", ""), `${root}app/`);
  assert.equal(page("data/t", ""), `${root}app/data/t`);
  // What looks like another host or scheme is a path.
  for (const path of [
    "//evil.test/x",
    "/\\evil.test",
    "javascript:alert(1)",
    "https://evil.test/",
  ]) {
    assert.ok(page(path).startsWith(home), path);
  }
});
