/** Tests of shell/page/ui/query-history.js: which queries are remembered. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { recipeToKey } from "../../../../../shell/shared/recipe.js";

globalThis.self = /** @type {any} */ ({ location: new URL("http://localhost/sw.js") });
/** @type {Map<string, string>} */
const stored = new Map();
globalThis.localStorage = /** @type {any} */ ({
  getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
  setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
  removeItem: (/** @type {string} */ name) => stored.delete(name),
});
const { forgetQueries, pastQueries, rememberQuery } =
  await import("../../../../../shell/page/ui/query-history.js");

const QUERY = { database: "/app/data", sql: "select 1", search: "?sql=select+1", at: 1 };
const CSV = /** @type {[string, string]} */ (["csv", "https://a.test/x.csv"]);

beforeEach(() => stored.clear());

test("queries are remembered for their workspace, until they are forgotten", () => {
  const key = recipeToKey([CSV]);
  rememberQuery(key, QUERY);
  assert.deepEqual(pastQueries(key), [QUERY]);
  assert.deepEqual(pastQueries(""), []);
  forgetQueries(key);
  assert.equal(stored.size, 0);
});

test("nothing of a temporary workspace is stored", () => {
  rememberQuery(recipeToKey([CSV, ["temporary", "1"]]), QUERY);
  assert.equal(stored.size, 0);
});
