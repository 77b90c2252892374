/** Databases that a host has in parts, which a JSON file lists. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { after, beforeEach, test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { withBases } = await importWorkerModule("shell/worker/sources/opened-bases.js");
const { fetchIfChanged, fetchSources } = await importWorkerModule(
  "shell/worker/sources/downloads.js",
);

const PART = 100_000;
const SIZE = 3 * PART + 5000;

function database(version = 1) {
  const bytes = Buffer.alloc(SIZE);
  for (let at = 0; at < SIZE; at += 4) bytes.writeUInt32BE(at + version, at);
  bytes.write("SQLite format 3\0");
  return bytes;
}

/** What the host has, by path, and how it answers. */
let host;

/** Put a database in parts onto the host. */
function upload(content, list = {}) {
  const names = [0, 1, 2, 3].map((number) => `x.db.00${number}`);
  for (const [at, name] of names.entries()) {
    host.files[`/data/${name}`] = content.subarray(at * PART, (at + 1) * PART);
  }
  const hash = createHash("sha256").update(content).digest("hex");
  const whole = { file: "x.db", parts: names, part_size: PART, size: SIZE, sha256: hash, ...list };
  host.files["/data/x.db.json"] = Buffer.from(JSON.stringify(whole));
}

beforeEach(() => {
  host = { files: {}, ranges: true, requests: [], etags: {} };
  upload(database());
});

const server = createServer((request, response) => {
  const file = host.files[request.url];
  host.requests.push(`${request.url} ${request.headers.range ?? ""}`.trim());
  if (!file) return response.writeHead(404).end();
  const etag = host.etags[request.url] ?? '"1"';
  const range = host.ranges && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (!range) return response.writeHead(200, { etag, "content-length": file.length }).end(file);
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, file.length)];
  const answer = { etag, "content-range": `bytes ${start}-${end - 1}/${file.length}` };
  response.writeHead(206, answer).end(file.subarray(start, end));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});
const site = new URL(`http://127.0.0.1:${server.address().port}/`);
const url = new URL("data/x.db.json", site).href;

function opened(options = { range: true }) {
  const [download] = fetchSources([{ parameter: "url", value: url, options }], site, () => {});
  return download.bytes;
}

/** As the next run of a workspace opens it. */
function again(base) {
  const saved = new Map([
    ["x", { size: SIZE, saved: [], base: { ...base.description, end: SIZE } }],
  ]);
  return withBases(structuredClone(saved), "g").get("x").base;
}

test("ranges are read from the parts that have them", async () => {
  const base = await opened();
  assert.equal(base.size, SIZE);
  host.requests = [];
  const read = Buffer.from(await base.read(PART - 10, 2 * PART + 10));
  assert.deepEqual(read, database().subarray(PART - 10, 2 * PART + 10));
  assert.deepEqual(host.requests.sort(), [
    `/data/x.db.000 bytes=${PART - 10}-${PART - 1}`,
    `/data/x.db.001 bytes=0-${PART - 1}`,
    "/data/x.db.002 bytes=0-9",
  ]);
  assert.deepEqual(Buffer.from(await base.read(3 * PART, SIZE)), database().subarray(3 * PART));
});

test("the next run reads on, if the list is the same", async () => {
  const base = again(await opened());
  assert.deepEqual(Buffer.from(await base.read(0, 100)), database().subarray(0, 100));
  upload(database(2));
  await assert.rejects(again(base).read(0, 100), { name: "SourceChanged" });
});

test("a part that changes in the meantime is noticed", async () => {
  const base = await opened();
  await base.read(PART, PART + 10);
  host.etags["/data/x.db.001"] = '"2"';
  await assert.rejects(base.read(PART + 20, PART + 30), { name: "SourceChanged" });
});

test("small ones, and those on hosts without ranges, are joined", async () => {
  assert.deepEqual(Buffer.from(await opened({})), database());
  assert.deepEqual(Buffer.from(await opened({ range: false })), database());
  host.ranges = false;
  assert.deepEqual(Buffer.from(await opened()), database());
  host.ranges = true;
  upload(database(), { part_size: undefined });
  assert.deepEqual(Buffer.from(await opened()), database());
});

for (const [what, list, message] of [
  ["parts of another version", { sha256: "0".repeat(64) }, /not those that it describes/],
  ["too few bytes", { size: SIZE + 10 }, new RegExp(`have ${SIZE} bytes`)],
  ["too many bytes", { size: SIZE - 10 }, /have more than/],
  ["no size", { size: undefined }, /“size” is missing or wrong/],
  ["a part that is no address", { parts: ["http://"], part_size: undefined }, /no|not an address/],
  ["too many parts for their size", { part_size: PART * 2 }, /do not make/],
]) {
  test(`a list with ${what} is refused`, async () => {
    upload(database(), list);
    await assert.rejects(opened({}), message);
  });
}

test("a part that is missing is named", async () => {
  delete host.files["/data/x.db.002"];
  await assert.rejects(opened({}), /x\.db\.002/);
  const base = await opened();
  await assert.rejects(base.read(2 * PART, SIZE), /x\.db\.002/);
});

test("another JSON file is what it is", async () => {
  host.files["/data/x.db.json"] = Buffer.from('{"rows": []}');
  assert.equal(Buffer.from(await opened({})).toString(), '{"rows": []}');
});

test("a newer list is newer data", async () => {
  const source = { parameter: "url", url, etag: '"1"', lastModified: "", size: 0, sha256: "" };
  assert.equal(await fetchIfChanged({ ...source, loadedAt: 1 }, { range: true }), undefined);
  host.etags["/data/x.db.json"] = '"2"';
  upload(database(2));
  const { bytes } = await fetchIfChanged({ ...source, loadedAt: 1 }, { range: true });
  assert.deepEqual(Buffer.from(await bytes.read(16, 20)), database(2).subarray(16, 20));
});
