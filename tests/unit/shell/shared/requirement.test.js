/** Tests of shell/shared/requirement.js: what may be asked for, and that it is shown as it is fetched. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isRelease,
  parseRef,
  refKind,
  parseRequirement,
  shown,
} from "../../../../shell/shared/requirement.js";

const ROOT = new URL("https://site.test/lite/");
const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 3000) };

for (const [text, expected] of [
  ["datasette-vega", "datasette-vega"],
  ["  Datasette_Vega ", "Datasette_Vega"],
  ["datasette-vega == 0.6.2", "datasette-vega==0.6.2"],
  ["datasette-vega>=0.6, <1", "datasette-vega>=0.6,<1"],
  ["datasette-x [extra] == 1.0a3", "datasette-x[extra]==1.0a3"],
  ["constructor", "constructor"],
  ["https://a.test/x-1-py3-none-any.whl", "https://a.test/x-1-py3-none-any.whl"],
  ["HTTPS://A.test/a/../x.whl", "https://a.test/x.whl"],
  ["https://a.test:443/x.whl#sha256=0", "https://a.test/x.whl"],
  ["https://a.test/x.whl?raw=1", "https://a.test/x.whl?raw=1"],
  ["https://cdn.test/npm/x@1.0/x.whl", "https://cdn.test/npm/x@1.0/x.whl"],
  ["https://аpple.test/x.whl", "https://xn--pple-43d.test/x.whl"], // a Cyrillic а
  ["https://a.test/grün.whl", "https://a.test/gr%C3%BCn.whl"],
  ["https://a。test/x.whl", "https://a.test/x.whl"],
  ["data/x.whl", "https://site.test/lite/data/x.whl"],
  ["datasette-x @ https://a.test/b/../x.whl", "datasette-x @ https://a.test/x.whl"],
  ["datasette-x@https://a.test/x.whl", "datasette-x @ https://a.test/x.whl"],
  ["datasette-x[a,b] @ https://a.test/x.whl", "datasette-x[a,b] @ https://a.test/x.whl"],
]) {
  test(`“${text}” is ${expected}`, () => assert.equal(parseRequirement(text, ROOT).text, expected));
}

for (const text of [
  "",
  "-",
  "datasette vega",
  "datasette-vega==",
  "datasette-vega; import os",
  "datasette-vega ; python_version > '3'",
  "datasette-vega @ //evil.test/x.whl",
  "datasette-vega @ http:\\\\evil.test\\x.whl",
  "datasette-vega @ https:/evil.test/x.whl",
  "datasette-vega @ https:evil.test/x.whl",
  "datasette-vega @ https://a.test/x.whl ; python_version > '3'",
  "datasette-vega @ https://a.test/x.whl https://evil.test/y.whl",
  "datasette-vega @ data.whl",
  "datasette-vega @ file:///x.whl",
  "datasette-vega @ https://datasette.io\\@evil.test/x.whl",
  "https://datasette.io@evil.test/x.whl",
  "https://user:word@evil.test/x.whl",
  "https://evil.test\\x.whl",
  "https://[/x.whl",
  "https:///evil.test/x.whl",
  "//evil.test/x.whl",
  "/x.whl",
  "../x.whl",
  "\\\\evil.test\\x.whl",
  "data:text/plain,x.whl",
  "javascript:x.whl",
  "blob:https://a.test/x.whl",
  "ftp://a.test/x.whl",
  "https://a.test/x.tar.gz",
  "https://a.test/?x.whl",
  "https://a.test/x\n.whl",
  "datasette-vega\u202e",
  "https://a.test/\u202ex.whl",
  "datasette\u200b-vega",
  "dаtasette-vega", // a Cyrillic а
  "ｄatasette",
  "datasette‑vega", // a hyphen that is not one
  "__proto__",
  "x".repeat(101),
  `https://a.test/${"x".repeat(2000)}.whl`,
]) {
  test(`“${shown(text)}” is nothing to install`, () => {
    assert.throws(() => parseRequirement(text, ROOT), { name: "NotAPackage" });
  });
}

test("what is shown of any text is short and has nothing invisible in it", () => {
  assert.equal(shown("a\u202eb\n"), "a\\u{202e}b\\u{a}");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const said = shown(text);
      assert.ok(said.length <= 80);
      assert.doesNotMatch(said, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    RUNS,
  );
});

/** Pieces of which hostile requirements are made, often enough beside each other. */
const PIECES = [
  ..."@/\\:;#?[]=<>!~,. \t\u00a0\u202e\u200b'\"%&\0",
  ...[
    "datasette",
    "-vega",
    "==1",
    "https:",
    "http:",
    "//",
    "evil.test",
    "x.whl",
    "user",
    "..",
    "аж",
  ],
];
const HOSTILE = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 3 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

test("whatever is accepted is ASCII, has one meaning and stays what it is", () => {
  let accepted = 0;
  fc.assert(
    fc.property(HOSTILE, (text) => {
      let requirement;
      try {
        requirement = parseRequirement(text, ROOT);
      } catch (error) {
        assert.equal(/** @type {Error} */ (error).name, "NotAPackage");
        return;
      }
      accepted += 1;
      assert.match(requirement.text, /^[\x21-\x7e]+( @ [\x21-\x7e]+)?$/);
      assert.deepEqual(parseRequirement(requirement.text, ROOT).text, requirement.text);
      if (requirement.kind === "index") assert.doesNotMatch(requirement.text, /[@/\\:;\s]/);
      else {
        const { url } = requirement;
        assert.ok(requirement.text.endsWith(url.href));
        assert.match(url.href, /^https?:\/\/[^@/\\]+\//);
        assert.equal(url.username + url.password + url.hash, "");
      }
    }),
    RUNS,
  );
  assert.ok(accepted > 0, "none was accepted, so the property says nothing");
});

for (const [text, expected, kind] of /** @type {const} */ ([
  ["pre", "pre", "pre"],
  [" PRE ", "pre", "pre"],
  ["1.0a40", "1.0a40", "version"],
  ["v0.65.2", "0.65.2", "version"],
  ["1.0.post1", "1.0.post1", "version"],
  ["7", "7", "version"],
  ["1234567", "1234567", "commit"],
  ["12345a67", "12345a67", "commit"],
  [" ABCDEF1 ", "abcdef1", "commit"],
  ["f".repeat(40), "f".repeat(40), "commit"],
  ["main", "main", "name"],
  ["Main", "Main", "name"],
  ["0.65.x", "0.65.x", "name"],
  ["1.0a41-fix", "1.0a41-fix", "name"],
  ["asg017/json_2.0", "asg017/json_2.0", "name"],
  ["refs/pull/123/head", "refs/pull/123/head", "name"],
  ["f".repeat(41), "f".repeat(41), "name"],
  ["n".repeat(100), "n".repeat(100), "name"],
])) {
  test(`“${text}” is the ${kind} ${expected}`, () => {
    assert.equal(parseRef(text), expected);
    assert.equal(parseRef(expected), expected);
    assert.equal(refKind(text), kind);
    assert.equal(isRelease(text), kind === "pre" || kind === "version");
  });
}

for (const text of [
  "",
  "1.0 ; x",
  "1.0,>0",
  "1.*",
  "1.0 @ https://a.test/x.whl",
  "١",
  "1".repeat(51),
  "-f",
  "/main",
  "main/",
  "a//b",
  "..",
  "a/../b",
  "a..b",
  ".hidden",
  "a/.b",
  "main.",
  "main.lock",
  "a.lock/b",
  "main@{1}",
  "a b",
  "a:b",
  "a\\b",
  "a?b",
  "a#b",
  "a%2fb",
  "ma\u202ein",
  "n".repeat(101),
]) {
  test(`“${shown(text)}” is nothing that ref can mean`, () => {
    assert.throws(() => parseRef(text), { name: "NotAVersion" });
  });
}
