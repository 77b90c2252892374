/** Tests of shell/worker/site-cache/site-files.js: what is kept, and with how many requests. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";
import { SITE_ROOT } from "../../../../../shell/shared/site.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const FILES = Object.fromEntries(
  Array.from({ length: 12 }, (_, n) => [n ? `v/1/${n}.js` : "index.html", `content ${n}`]),
);
const BOUNDARY = "between-files";

/** @type {Map<string, Response>} */
const cached = new Map();
/** @type {string[]} */
let asked = [];
/** @type {Record<string, string>} what the host has, by path */
let hosted = {};

/** @param {Record<string, string>} files */
function inOne(files) {
  const part = ([path, content]) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${path}"; filename="${path}"\r\n` +
    `Content-Type: text/${path.endsWith("js") ? "javascript" : "html"}\r\n\r\n${content}\r\n`;
  return `${Object.entries(files).map(part).join("")}--${BOUNDARY}--\r\n`;
}

Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
globalThis.caches = /** @type {any} */ ({
  match: async (url) => cached.get(String(url))?.clone(),
  open: async () => ({ put: async (url, response) => void cached.set(String(url), response) }),
});
globalThis.fetch = /** @type {any} */ (
  async (url) => {
    const path = String(url).slice(SITE_ROOT.href.length);
    asked.push(path);
    return path in hosted
      ? new Response(hosted[path], { headers: { "content-type": "text/plain" } })
      : new Response("no", { status: 404 });
  }
);

const { keepSite, siteFile } = await importWorkerModule("shell/worker/site-cache/site-files.js");
const { default: manifest } = await importWorkerModule("shell/worker/site-cache/manifest.js");

/** @returns {Promise<Record<string, string>>} contents of what is kept, by path */
async function kept() {
  const entries = [...cached].map(async ([url, response]) => [
    url.slice(SITE_ROOT.href.length),
    await response.clone().text(),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

beforeEach((t) => {
  cached.clear();
  asked = [];
  hosted = { ...FILES, "v/1/kept.txt": inOne(FILES) };
  const hash = (/** @type {string} */ content) =>
    createHash("sha256").update(content).digest("hex");
  manifest.files = Object.fromEntries(
    Object.entries(FILES).map(([path, content]) => [path, hash(content)]),
  );
  manifest.together = { url: "v/1/kept.txt", boundary: BOUNDARY };
  t.mock.method(console, "warn", () => {});
});

test("all files come with one request, each with its type", async () => {
  await keepSite();
  assert.deepEqual(asked, ["v/1/kept.txt"]);
  assert.deepEqual(await kept(), { ...FILES, complete: "" });
  assert.equal((await siteFile("index.html")).headers.get("content-type"), "text/html");
  assert.equal((await siteFile("v/1/3.js")).headers.get("content-type"), "text/javascript");
  assert.deepEqual(asked, ["v/1/kept.txt"]);
});

test("a few missing files come from their own addresses", async () => {
  await keepSite();
  for (const path of ["index.html", "v/1/3.js"]) cached.delete(new URL(path, SITE_ROOT).href);
  asked = [];
  await keepSite();
  assert.deepEqual(asked, ["index.html", "v/1/3.js"]);
  assert.deepEqual(await kept(), { ...FILES, complete: "" });
});

test("what is missing or wrong among them comes from its own address", async () => {
  const others = { ...FILES };
  delete others["v/1/2.js"];
  hosted["v/1/kept.txt"] = inOne({ ...others, "v/1/5.js": "of another version", "x.js": "new" });
  await keepSite();
  assert.deepEqual(asked, ["v/1/kept.txt", "v/1/2.js", "v/1/5.js"]);
  assert.deepEqual(await kept(), { ...FILES, complete: "" });
});

for (const [how, body] of Object.entries({
  missing: undefined,
  "cut off": inOne(FILES).slice(0, 300),
})) {
  test(`without the file that has them all (${how}), each comes from its own address`, async () => {
    if (body === undefined) delete hosted["v/1/kept.txt"];
    else hosted["v/1/kept.txt"] = body;
    await keepSite();
    assert.deepEqual(new Set(asked), new Set(["v/1/kept.txt", ...Object.keys(FILES)]));
    assert.deepEqual(await kept(), { ...FILES, complete: "" });
  });
}

test("nothing is complete while a file cannot be had as this version has it", async () => {
  hosted["v/1/4.js"] = "of another version";
  hosted["v/1/kept.txt"] = inOne({ ...FILES, "v/1/4.js": "of another version" });
  await assert.rejects(keepSite(), /v\/1\/4\.js, does not match this version on its server/);
  assert.ok(!("complete" in (await kept())));
});

test("what pages wait for is read ahead, and answered when the cache is gone", async () => {
  const { answerSiteFile, readPageFiles } = await importWorkerModule(
    "shell/worker/site-cache/site-files.js",
  );
  const path = "v/1/shell/page/looks.css";
  const content = "body {}";
  manifest.files = {
    ...manifest.files,
    [path]: createHash("sha256").update(content).digest("hex"),
  };
  const href = new URL(path, SITE_ROOT).href;
  cached.set(href, new Response(content, { headers: { "content-type": "text/css" } }));
  readPageFiles();
  await Promise.all([...Array(10)].map(() => new Promise(setImmediate)));
  cached.clear();
  for (let time = 0; time < 2; time++) {
    /** @type {Promise<Response> | undefined} */
    let answer;
    const event = {
      request: new Request(href),
      respondWith: (/** @type {Promise<Response>} */ response) => (answer = response),
      waitUntil: () => {},
    };
    assert.equal(answerSiteFile(/** @type {any} */ (event)), true);
    const response = /** @type {Response} */ (await answer);
    assert.equal(await response.text(), content);
    assert.equal(response.headers.get("content-type"), "text/css");
  }
  assert.deepEqual(asked, []);
});
