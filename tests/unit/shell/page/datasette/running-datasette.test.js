import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describeDatasette,
  upgradeOf,
} from "../../../../../shell/page/datasette/running-datasette.js";

/** @type {import("../../../../../shell/shared/errors.js").WireError[]} */
const none = [];

test("the site's own is said to be that", () => {
  const said = describeDatasette({ version: "1.0a41", isSites: true, ref: "", problems: none });
  assert.equal(said, "Datasette 1.0a41 runs here. It comes with this site.");
});

test("another one is said to be the link's", () => {
  const what = { version: "0.65.1", isSites: false, ref: "0.65.1", problems: none };
  assert.match(
    describeDatasette(what),
    /0\.65\.1 runs here\. It comes from the package index.*this version/,
  );
  assert.match(describeDatasette({ ...what, ref: "pre" }), /the newest pre-release \(\?ref=pre\)/);
  const version = "1.0a41+g0123abc";
  for (const [ref, said] of [
    ["main", "this branch or tag (?ref=main)"],
    ["0123abc", "this commit (?ref=0123abc)"],
  ]) {
    assert.equal(
      describeDatasette({ ...what, version, ref }),
      `Datasette ${version} runs here. It comes from github.com, because the link asks for ${said}.`,
    );
  }
});

test("one that is not there is told with the reason", () => {
  const other = { name: "PluginError", message: "x is not there.", hint: "", source: "x" };
  for (const source of ["?ref=0.1", "0.1"]) {
    const problem = { name: "PluginError", message: "It cannot be had.", hint: "Try.", source };
    const what = { version: "1.0a41", isSites: true, ref: "0.1", problems: [other, problem] };
    assert.equal(
      describeDatasette(what),
      "Datasette 1.0a41 runs here. It comes with this site. The link asks for another one (?ref=0.1). It cannot be had. Try.",
    );
  }
});

test("a newer one is offered where the link does not name exactly one", () => {
  const what = { version: "1.0a41", isSites: false, problems: none };
  assert.deepEqual(upgradeOf({ ...what, ref: "a/b" }), {
    label: "Get the newest commit",
    requirement: "?ref=a/b",
  });
  assert.deepEqual(upgradeOf({ ...what, ref: "pre" }), {
    label: "Get the newest pre-release",
    requirement: "?ref=pre",
  });
  for (const ref of ["1.0a41", "0123abc"]) assert.equal(upgradeOf({ ...what, ref }), undefined);
  assert.equal(upgradeOf({ ...what, isSites: true, ref: "a/b" }), undefined);
  const failed = { name: "PluginError", message: "Not now.", hint: "", source: "?ref=1.0a40" };
  const without = { ...what, isSites: true, problems: [failed] };
  assert.deepEqual(upgradeOf({ ...without, ref: "1.0a40" }), {
    label: "Try to get Datasette 1.0a40 again",
    requirement: "?ref=1.0a40",
  });
  const refused = { ...failed, name: "NotAllowed", source: "1.0a40" };
  assert.equal(upgradeOf({ ...without, ref: "1.0a40", problems: [refused] }), undefined);
});
