import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDatasette } from "../../../../../shell/page/datasette/running-datasette.js";

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
