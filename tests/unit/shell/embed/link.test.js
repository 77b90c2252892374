/** Tests of shell/embed/link.js: attributes of <datasette-lite> become a launcher link. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isOn, linkOf, parametersOf, withSearchParams } from "../../../../shell/embed/link.js";
import { embedding, parseLink, recipeToKey, sourcesOf } from "../../../../shell/shared/recipe.js";

const PAGE = "https://docs.test/guide/tables.html";
const SITE = "https://lite.test/site/";
const about = { siteRoot: SITE, embedding: "read" };

/** @param {Record<string, string>} attributes */
function parameters(attributes) {
  return parametersOf((name) => attributes[name] ?? null, PAGE);
}

test("addresses are relative to the page, whatever parameter they are for", () => {
  const names = ["url", "csv", "json", "sql", "parquet", "excel", "metadata", "config"];
  for (const name of names) {
    assert.deepEqual(parameters({ [name]: "../data/a%20b.csv?x=1" }), [
      [name, "https://docs.test/data/a%20b.csv?x=1"],
    ]);
  }
  assert.deepEqual(parameters({ csv: "https://other.test/t.csv" }), [
    ["csv", "https://other.test/t.csv"],
  ]);
});

test("lists are separated by blanks and line breaks", () => {
  assert.deepEqual(parameters({ csv: "\n  a.csv\n  b.csv  " }), [
    ["csv", "https://docs.test/guide/a.csv"],
    ["csv", "https://docs.test/guide/b.csv"],
  ]);
  assert.deepEqual(parameters({ install: "datasette-vega==0.6.2 ../w/x-1-py3-none-any.whl" }), [
    ["install", "datasette-vega==0.6.2"],
    ["install", "https://docs.test/w/x-1-py3-none-any.whl"],
  ]);
});

test("options are for all sources, and so stand before them", () => {
  const link = linkOf(parameters({ csv: "a.csv b.csv", pk: "id", fts: "true" }), "/", about);
  const { recipe } = parseLink(link, new URL(SITE));
  for (const { options } of sourcesOf(recipe))
    assert.deepEqual(options, { pk: ["id"], fts: ["*"] });
});

test("a whole link says what attributes cannot: options for each source", () => {
  const link =
    "https://lite.test/site/?csv=a.csv&pk=id&csv=b.csv&name=other&hidden=1&evil=1#/data/a";
  assert.deepEqual(parameters({ link }), [
    ["csv", "https://docs.test/guide/a.csv"],
    ["pk", "id"],
    ["csv", "https://docs.test/guide/b.csv"],
    ["name", "other"],
    ["hidden", "1"],
  ]);
  assert.deepEqual(parameters({ link: "?memory=1" }), [["memory", "1"]]);
  assert.deepEqual(parameters({ link: "no query at all" }), []);
});

test("the attribute “hidden” hides the element, and nothing else", () => {
  assert.deepEqual(parameters({ excel: "a.xlsx", hidden: "" }), [
    ["excel", "https://docs.test/guide/a.xlsx"],
  ]);
});

test("switches are on when they are there", () => {
  for (const value of ["", "1", "true", "memory"]) {
    assert.deepEqual(parameters({ memory: value }), [["memory", "1"]], value);
  }
  for (const value of ["0", "false", "No"]) assert.deepEqual(parameters({ memory: value }), []);
  assert.equal(isOn(null), false);
});

test("the launcher reads what the element writes", () => {
  const attributes = { csv: "a&b=c#d.csv", name: "100 % & more", private: "" };
  const link = linkOf(parameters(attributes), "/data/t?_where=a%26b", about);
  const { recipe, path } = parseLink(link, new URL(SITE));
  assert.equal(path, "data/t?_where=a%26b");
  assert.deepEqual(recipe, [
    ["csv", "https://docs.test/guide/a&b=c#d.csv"],
    ["name", "100 % & more"],
    ["private", "1"],
    ["embed", "1"],
  ]);
});

test("the same recipe is the same workspace, and another one than in a tab", () => {
  const keyOf = (/** @type {object} */ more, /** @type {string} */ path) => {
    const link = linkOf(parameters({ csv: "t.csv" }), path, { ...about, ...more });
    return recipeToKey(parseLink(link, new URL(SITE)).recipe);
  };
  assert.equal(keyOf({}, "/data/t"), keyOf({}, "/"));
  assert.notEqual(keyOf({}, "/"), keyOf({ embedding: undefined }, "/"));
  assert.notEqual(keyOf({}, "/"), keyOf({ embedding: "edit" }, "/"));
});

test("an embed without sources shows what the site ships", () => {
  const link = linkOf(parameters({}), "world/airports", about);
  assert.equal(link, `${SITE}?embed=1#/world/airports`);
  assert.equal(embedding(parseLink(link, new URL(SITE)).recipe), "read");
  assert.equal(linkOf([], "/", { ...about, embedding: undefined }), `${SITE}#/`);
});

test("parameters of the page are passed on as far as the author says", () => {
  const search = "?species=Ad%C3%A9lie+x&_sort=id&species=b";
  assert.equal(withSearchParams("/data/t", null, search), "/data/t");
  assert.equal(withSearchParams("/data/t", "false", search), "/data/t");
  assert.equal(withSearchParams("/data/t", "species", ""), "/data/t");
  const all = "species=Ad%C3%A9lie+x&_sort=id&species=b";
  assert.equal(withSearchParams("/data/t", "", search), `/data/t?${all}`);
  assert.equal(withSearchParams("/data/t?a=1", "true", search), `/data/t?a=1&${all}`);
  assert.equal(withSearchParams("/data/t", "_sort, other", search), "/data/t?_sort=id");
});
