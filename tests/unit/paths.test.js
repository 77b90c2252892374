import assert from "node:assert/strict";
import { test } from "node:test";
import { instancePath, parseAppPath } from "../../shell/shared/paths.js";

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
