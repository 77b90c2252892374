/** Tests of shell/worker/boot/datasette-start.js: of which source the first rows are shown. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { afterEach, test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { DatasetteStart } = await importWorkerModule("shell/worker/boot/datasette-start.js");

const plainFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = plainFetch;
});

/** The heads that a start shows for a recipe, with files at https://a.test/. */
async function headsOf(recipe, files) {
  globalThis.fetch = async (address) => {
    const name = new URL(address).pathname.slice(1);
    return name in files ? new Response(files[name]) : new Response("", { status: 404 });
  };
  const heads = [];
  const reports = { stage: "python", showHead: (head) => heads.push(head) };
  const signal = new AbortController().signal;
  const options = /** @type {any} */ ({ siteRoot: new URL("https://lite.test/"), signal, reports });
  const start = new DatasetteStart(recipe, options, () => {});
  await start.begin();
  let isOver = false;
  start.untilHopeless().catch(() => (isOver = true));
  while (!isOver && start.versions.some(({ loadedAt }) => loadedAt === 0)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return heads.map(({ url, bytes }) => [url, Buffer.from(bytes).toString()]);
}

const CSV = "a,b\n1,2\n";

test("it is that of the first CSV file of the link", async () => {
  const recipe = [
    ["json", "https://a.test/z.json"],
    ["csv", "https://a.test/x.csv"],
    ["csv", "https://a.test/y.csv"],
  ];
  const files = { "z.json": "[]", "x.csv": CSV, "y.csv": "c\n3\n" };
  assert.deepEqual(await headsOf(recipe, files), [["https://a.test/x.csv", CSV]]);
});

test("a link without one, or with one that is not there, shows none", async () => {
  const files = { "z.json": "[]", "x.csv": CSV };
  assert.deepEqual(await headsOf([["json", "https://a.test/z.json"]], files), []);
  assert.deepEqual(await headsOf([["csv", "https://a.test/gone.csv"]], files), []);
  assert.deepEqual(await headsOf([["csv", "https://a.test/z.json"]], files), []);
});
