/** Tests of shell/embed/: heights, colours, words and inline data. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cssHeight } from "../../../../shell/embed/height.js";
import { withoutIndent } from "../../../../shell/embed/inline.js";
import { inTurn } from "../../../../shell/embed/queue.js";
import { isLightColor } from "../../../../shell/embed/theme.js";
import { sizeOf, titleOf } from "../../../../shell/embed/words.js";

test("heights", () => {
  for (const [value, css] of [
    ["420", "420px"],
    ["420px", "420px"],
    [" 70vh ", "70vh"],
    ["12.5rem", "12.5rem"],
    ["auto", undefined],
    ["", undefined],
    [null, undefined],
    ["tall", undefined],
    ["10px; position: fixed", undefined],
    ["-5px", undefined],
  ]) {
    assert.equal(cssHeight(value), css, String(value));
  }
});

test("a page with light text is dark", () => {
  for (const color of [
    "rgb(255, 255, 255)",
    "rgba(230, 237, 243, 0.9)",
    "color(srgb 0.9 0.9 0.95)",
    "oklch(0.92 0.01 250)",
    "lab(90 0 0)",
  ]) {
    assert.ok(isLightColor(color), color);
  }
  for (const color of [
    "rgb(0, 0, 0)",
    "rgb(17, 26, 53)",
    "color(srgb 0.1 0.1 0.1)",
    "oklab(0.3 0 0)",
    "lch(20 5 100)",
    "",
  ]) {
    assert.ok(!isLightColor(color), color);
  }
});

test("a poster says what it shows", () => {
  const csv = [["csv", "https://a.test/d/penguins%20big.csv?raw=1"]];
  assert.equal(titleOf(csv, "/data/penguins?_facet=x"), "penguins, from penguins big.csv");
  assert.equal(titleOf(csv, "/"), "penguins big.csv");
  assert.equal(titleOf([], "/data/a~2Fb+c"), "a/b c");
  assert.equal(titleOf([], "/data/-/query?sql=select+1"), "A query");
  assert.equal(titleOf([], ""), "A database to explore");
  assert.equal(titleOf([["csv", "%zz"]], "/%zz"), "%zz, from %zz");
});

test("a poster says what is downloaded", () => {
  assert.match(sizeOf(7_100_000, null), /about 8 MB the first time, and the data\./);
  assert.match(sizeOf(7_100_000, "2 MB"), /and 2 MB of data\./);
});

test("inline data may be indented like the HTML around it", () => {
  assert.equal(withoutIndent("    a,b\n    1,2\n\n      3,4"), "a,b\n1,2\n\n  3,4");
  assert.equal(withoutIndent("a\n  b"), "a\n  b");
});

test("embeds start one after another, whatever becomes of one", async () => {
  /** @type {string[]} */
  const log = [];
  let end = () => {};
  const first = inTurn(async () => {
    log.push("first");
    await new Promise((resolve) => (end = () => resolve(undefined)));
    throw new Error("it broke");
  });
  const second = inTurn(async () => void log.push("second"));
  await Promise.resolve();
  assert.deepEqual(log, ["first"]);
  end();
  await assert.rejects(first);
  await second;
  assert.deepEqual(log, ["first", "second"]);
});
