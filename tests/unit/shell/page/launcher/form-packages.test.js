import assert from "node:assert/strict";
import { test } from "node:test";
import { packagesIn } from "../../../../../shell/page/launcher/form-packages.js";

test("plugins are separated by blanks, and the version is one", () => {
  const { recipe, failures } = packagesIn(
    " datasette-vega==0.6.2,  datasette-copyable\nhttps://a.test/x-1-py3-none-any.whl",
    " PRE ",
  );
  assert.deepEqual(recipe, [
    ["install", "datasette-vega==0.6.2"],
    ["install", "datasette-copyable"],
    ["install", "https://a.test/x-1-py3-none-any.whl"],
    ["ref", "pre"],
  ]);
  assert.deepEqual(failures, []);
});

test("nothing typed is nothing asked for", () => {
  assert.deepEqual(packagesIn("", " "), { recipe: [], failures: [] });
});

test("what is wrong is named", () => {
  const { recipe, failures } = packagesIn("datasette-vega https://a.test/x.zip", "the newest");
  assert.deepEqual(recipe, [["install", "datasette-vega"]]);
  assert.deepEqual(
    failures.map(({ message }) => message),
    [
      "“https://a.test/x.zip” is neither the name of a package nor the address of a wheel.",
      "“the newest” is not a version, branch, tag or commit of Datasette.",
    ],
  );
});
