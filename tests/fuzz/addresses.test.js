import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LiteError } from "../../shell/shared/errors.js";
import { instancePath, parseAppPath } from "../../shell/shared/paths.js";
import {
  keyToRecipe,
  launcherLink,
  packagesOf,
  parseLink,
  recipeToKey,
  settingsOf,
  sourcesOf,
} from "../../shell/shared/recipe.js";
import { fuzz, piecesOf } from "../support/fuzzing.js";

const ROOT = new URL("https://example.org/some/sub/path/");

const QUERIES = piecesOf(
  ...["csv=", "url=", "json=", "sql=", "metadata=", "config=", "install=", "ref=", "memory=1"],
  ...["name=", "pk=", "fts=", "drop=", "skiprows=", "temporary=1", "&", "=", "?", "#/", "%", "%2F"],
  ...["https://a.test/x", "//a.test", "javascript:", "data:,", "__proto__=", "constructor=", "+"],
  ...["https://github.com/a/b/blob/main/x.csv", "datasette-x==1", "x @ https://a.test/x.whl", "\\"],
);
const KEYS = fc.oneof(
  QUERIES.map((query) => Buffer.from(query).toString("base64url")),
  fc.string({ unit: fc.constantFrom(..."abcABC019-_=+/% ") }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc.string({ unit: "binary" }),
);

test("links become recipes, which have a key of their own", { timeout: 600_000 }, async () => {
  await fuzz(QUERIES, (query) => {
    const { recipe, path } = parseLink(`${ROOT.href}?${query}`, ROOT);
    assert.equal(typeof path, "string");
    const key = recipeToKey(recipe);
    assert.match(key, /^[\w-]*$/);
    assert.deepEqual(keyToRecipe(key), recipe);
    assert.deepEqual(parseLink(launcherLink(recipe, "", ROOT), ROOT).recipe, recipe);
  });
});

test("keys are read, or said to be unreadable", { timeout: 600_000 }, async () => {
  await fuzz(KEYS, (key) => {
    let recipe;
    try {
      recipe = keyToRecipe(key);
    } catch (error) {
      assert.ok(error instanceof LiteError, String(error));
      assert.ok(error.message.length < 200);
      return;
    }
    assert.equal(recipeToKey(recipe), key);
    for (const { parameter, value } of sourcesOf(recipe)) assert.ok(parameter && value);
    settingsOf(recipe);
    packagesOf(recipe);
  });
});

test("long links take no longer than their length explains", { timeout: 60_000 }, () => {
  for (const pair of ["install=datasette-N", "csv=https://a.test/N", "name=N", "metadata=N"]) {
    const pairs = Array.from({ length: 50_000 }, (_, number) => pair.replace("N", String(number)));
    const { recipe } = parseLink(`${ROOT.href}?${pairs.join("&")}`, ROOT);
    assert.deepEqual(keyToRecipe(recipeToKey(recipe)), recipe);
  }
});

test("paths are taken apart", { timeout: 600_000 }, async () => {
  const paths = piecesOf("/", "app/", "/app/", "@", "@key", "data", "%40", "..", "//", "\\");
  await fuzz(paths, (path) => {
    if (!URL.canParse(path, ROOT)) return;
    const { pathname } = new URL(path, ROOT);
    for (const root of [undefined, ROOT.pathname]) {
      const parts = parseAppPath(pathname, root);
      if (parts === null) continue;
      assert.ok(!parts.key.includes("/"));
      const rest = pathname.slice(parts.root.length);
      assert.ok(
        [
          `${instancePath(parts.key)}${parts.path}`,
          `app/@${parts.key}`,
          `app/@/${parts.path}`,
        ].includes(rest),
      );
    }
  });
});
