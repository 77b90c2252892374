import assert from "node:assert/strict";
import { test } from "node:test";
import { codeInWords, describeCode } from "../../../../../shell/page/consent/describe-code.js";

const ROOT = new URL("https://example.org/lite/");
const INDEX = "the package index";

for (const [item, expected] of [
  [
    { kind: "plugin", value: "datasette-x==1.2", from: INDEX },
    { name: "datasette-x==1.2", what: "Plugin from the package index", address: "" },
  ],
  [
    { kind: "plugin", value: "datasette-x", from: "https://index.test/simple/" },
    { name: "datasette-x", what: "Plugin from index.test", address: "" },
  ],
  [
    {
      kind: "plugin",
      value: "datasette-x",
      from: "https://index.test/simple/ or the package index, or cdn.test for native code",
    },
    {
      name: "datasette-x",
      what: "Plugin from index.test or the package index, or cdn.test for native code",
      address: "",
    },
  ],
  [
    {
      kind: "wheel",
      value: "https://a.test/d/datasette_x-1.2-py3-none-any.whl",
      from: "a.test",
    },
    {
      name: "datasette-x 1.2",
      what: "Plugin from a.test",
      address: "https://a.test/d/datasette_x-1.2-py3-none-any.whl",
    },
  ],
  [
    { kind: "datasette", value: "pre", from: INDEX },
    {
      name: "Datasette, newest pre-release",
      what: "Not this site’s version, from the package index",
      address: "",
    },
  ],
  [
    { kind: "datasette", value: "1.0a39", from: INDEX },
    {
      name: "Datasette 1.0a39",
      what: "Not this site’s version, from the package index",
      address: "",
      warning:
        "This version has published vulnerabilities that allow reading private rows " +
        "(GHSA-h547-rmjf-5m2m).",
    },
  ],
  [
    { kind: "datasette", value: "a/main", from: "github.com" },
    {
      name: "Datasette, branch or tag a/main",
      what: "Not this site’s version, from github.com",
      address: "https://github.com/simonw/datasette/tree/a/main",
      warning: "It may not be a release: it could be unfinished or have known vulnerabilities.",
    },
  ],
  .../** @type {const} */ ([
    ["0123abc", "commit 0123abc"],
    ["pull/12/head", "branch or tag pull/12/head"],
  ]).map(([value, name]) => [
    { kind: "datasette", value, from: "github.com" },
    {
      name: `Datasette, ${name}`,
      what: "Not this site’s version, from github.com",
      address: `https://github.com/simonw/datasette/tree/${value}`,
      warning:
        "It may not be a release: it could be unfinished or have known vulnerabilities. Anyone may have written " +
        "it: under this address, GitHub also serves changes that were only proposed, and commits of forks.",
    },
  ]),
  [
    {
      kind: "package",
      value: "datasette 1.0a39+g0123abc",
      from: "what is saved here",
      digest: "a".repeat(64),
    },
    {
      name: "datasette 1.0a39+g0123abc",
      what: "Plugin from what is saved here",
      address: `SHA-256 ${"a".repeat(64)}`,
      warning:
        "It may not be a release: it could be unfinished or have known vulnerabilities. This version has " +
        "published vulnerabilities that allow reading private rows (GHSA-h547-rmjf-5m2m).",
    },
  ],
  [
    {
      kind: "config",
      value: "https://a.test/%E2%80%AEnosj.c",
      from: "a.test",
      parts: ["a\u202eb", ...Array(9).fill("extra_js")],
    },
    {
      name: "%E2%80%AEnosj.c",
      what:
        "Settings from a.test, with a\\u{202e}b, extra_js, extra_js, extra_js, extra_js, extra_js, " +
        "extra_js, extra_js and 2 more in it",
      address: "https://a.test/%E2%80%AEnosj.c",
    },
  ],
  [
    { kind: "package", value: "datasette-x 1", from: "the file you imported", digest: "ab" },
    {
      name: "datasette-x 1",
      what: "Plugin from the file you imported",
      address: "SHA-256 ab",
    },
  ],
  [
    {
      kind: "package",
      value: "datasette 0.50",
      from: "the file you imported",
      digest: "ab",
      parts: ["dependency"],
    },
    {
      name: "datasette 0.50",
      what: "Needed by a plugin, from the file you imported",
      address: "SHA-256 ab",
      warning: /^This version has published vulnerabilities that allow reading private rows \(GHSA/,
    },
  ],
  [
    {
      kind: "wheel",
      value: "datasette-vega @ https://evil.test/d/datasette_x-1.2-py3-none-any.whl",
      from: "evil.test",
    },
    {
      name: "datasette-x 1.2",
      what: "Plugin from evil.test",
      address: "https://evil.test/d/datasette_x-1.2-py3-none-any.whl",
    },
  ],
  [
    {
      kind: "metadata",
      value: "https://a.test/m.yaml",
      from: "a.test",
      parts: ["description_html", "extra_js_urls"],
    },
    {
      name: "m.yaml",
      what: "Descriptions from a.test, with description_html and extra_js_urls in it",
      address: "https://a.test/m.yaml",
    },
  ],
]) {
  test(`${item.kind} ${item.value} in words`, () => {
    const { warning, ...words } = describeCode(item, ROOT);
    const { warning: warned, ...wanted } = expected;
    assert.deepEqual(words, wanted);
    if (warned instanceof RegExp) assert.match(warning, warned);
    else assert.equal(warning, warned);
  });
}

test("what would be left out is a part of a sentence", () => {
  const item = (kind) => ({ kind, value: "x", from: "" });
  assert.equal(codeInWords([item("plugin")]), "the plugin");
  assert.equal(codeInWords([item("plugin"), item("wheel")]), "the plugins");
  assert.equal(
    codeInWords([item("plugin"), item("datasette"), item("config")]),
    "the plugin, the other Datasette and the HTML and scripts",
  );
});
