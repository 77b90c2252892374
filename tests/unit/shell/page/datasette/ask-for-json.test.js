/** Answers that scripts on Datasette's pages ask for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { askForJson } from "../../../../../shell/page/datasette/ask-for-json.js";

const ADDRESS = "https://site.example/-/x.json";

test("the answer is what the workspace says, be it an error", async (context) => {
  const said = { error: "The table was changed since." };
  context.mock.method(globalThis, "fetch", async () => Response.json(said, { status: 409 }));
  assert.deepEqual(await askForJson(ADDRESS), said);
});

test("a page in place of JSON becomes an error in words", async (context) => {
  const page = new Response("<!doctype html>", {
    status: 503,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
  context.mock.method(globalThis, "fetch", async () => page);
  assert.match((await askForJson(ADDRESS)).error, /could not do this/);
});

test("half an answer, or none, becomes an error in words", async (context) => {
  const half = new Response('{"ed', { headers: { "content-type": "application/json" } });
  const answers = [async () => half, async () => Promise.reject(new TypeError("Failed to fetch"))];
  context.mock.method(globalThis, "fetch", () => answers.shift()());
  assert.match((await askForJson(ADDRESS)).error, /does not answer/);
  assert.match((await askForJson(ADDRESS)).error, /does not answer/);
});
