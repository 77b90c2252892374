import assert from "node:assert/strict";
import { test } from "node:test";
import { keyToRecipe, launcherLink, parseLink, recipeToKey } from "../../shell/shared/recipe.js";

const ROOT = new URL("https://example.org/some/sub/path/");
const read = (link) => parseLink(new URL(link, ROOT).href, ROOT);

test("sources keep their order and come before options, databases before tables", () => {
  const link =
    "?memory=1&csv=https://a.test/1.csv&url=https://a.test/x.db&csv=https://a.test/2.csv";
  assert.deepEqual(read(link).recipe, [
    ["url", "https://a.test/x.db"],
    ["csv", "https://a.test/1.csv"],
    ["csv", "https://a.test/2.csv"],
    ["memory", "1"],
  ]);
});

test("the hash is the page inside the instance, its query included", () => {
  const { path } = read("?csv=https://a.test/t.csv#/data/t?_facet=x&_sort=y%2Fz");
  assert.equal(path, "data/t?_facet=x&_sort=y%2Fz");
});

for (const [link, expected] of [
  // Escaped as links should be: decoded once.
  ["?csv=https%3A%2F%2Fa.test%2Fx%2520y.csv", "https://a.test/x%20y.csv"],
  ["?csv=https%3A%2F%2Fa.test%2Frefs%252Fconvert%2Ft.csv", "https://a.test/refs%2Fconvert/t.csv"],
  // Pasted as it stands: %2F and + mean themselves.
  ["?csv=https://a.test/refs%2Fconvert/t.csv", "https://a.test/refs%2Fconvert/t.csv"],
  ["?csv=https://a.test/a+b.csv", "https://a.test/a+b.csv"],
  ["?csv=https://a.test/t.csv?x=1", "https://a.test/t.csv?x=1"],
  ["?csv=https://a.test/t.csv%3Fx=1%26y=2", "https://a.test/t.csv?x=1&y=2"],
  // What the site itself holds is named relative to its root, wherever that is.
  ["?csv=data/t.csv", "data/t.csv"],
  ["?csv=./data/t.csv", "data/t.csv"],
  ["?csv=https://example.org/some/sub/path/data/t.csv", "data/t.csv"],
  ["?csv=/elsewhere.csv", "https://example.org/elsewhere.csv"],
  [
    "?csv=https://github.com/owner/repo/blob/main/a%20b.csv",
    "https://raw.githubusercontent.com/owner/repo/main/a%20b.csv",
  ],
]) {
  test(`${link} means ${expected}`, () => {
    assert.deepEqual(read(link).recipe, [["csv", expected]]);
  });
}

test("a link with nothing to open has an empty recipe", () => {
  assert.deepEqual(read("?csv=&utm_source=x").recipe, []);
  assert.deepEqual(read("?memory=0").recipe, []);
  assert.equal(recipeToKey([]), "");
});

test("parameters that cannot be served are named", () => {
  assert.deepEqual(read("?json=https://a.test/x.json&install=datasette-vega").ignored, [
    "json",
    "install",
  ]);
});

test("a key is URL-safe and gives the recipe back, whatever the URLs contain", () => {
  /** @type {Array<[string, string]>} */
  const recipe = [
    ["url", "https://a.test/ünïcode%2F~/?a=b&c=d#e+f"],
    ["csv", `https://a.test/${"x".repeat(500)}?>>>`],
    ["memory", "1"],
  ];
  const key = recipeToKey(recipe);
  assert.match(key, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(keyToRecipe(key), recipe);
});

test("a launcher link and the recipe it came from are the same thing", () => {
  const link = "?csv=https%3A%2F%2Fa.test%2Frefs%252Fx.csv#/data/x?_facet=y";
  const { recipe, path } = read(link);
  assert.deepEqual(read(launcherLink(recipe, path, ROOT)), { recipe, path, ignored: [] });
});

for (const key of ["!", "AAAA", "Y3N2PQ=", "Zm9vPWJhcg", "_w", `${recipeToKey([["csv", "x"]])}A`]) {
  test(`the key ${key} is refused in a sentence`, () => {
    assert.throws(() => keyToRecipe(key), { name: "LiteError", message: /does not describe/ });
  });
}

test("a spelling of a key other than the canonical one is refused: one recipe, one instance", () => {
  const loose = btoa("csv=https://a.test/x.csv").replace(/=+$/, "");
  assert.throws(() => keyToRecipe(loose), { name: "LiteError" });
});
