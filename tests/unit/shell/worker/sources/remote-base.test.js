/**
 * Reading a database from hosts that answer requests for ranges well, badly or not at all.
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { withBases } = await importWorkerModule("shell/worker/sources/opened-bases.js");
const { openRemote, RemoteBase } = await importWorkerModule("shell/worker/sources/remote-base.js");

const SIZE = 1024 * 1024 + 4096;
const HEAD = 64 * 1024;

/** What looks like a database of 4096-byte pages that is `SIZE` bytes long. */
function database(counter = 1) {
  const bytes = Buffer.alloc(SIZE);
  bytes.write("SQLite format 3\0");
  bytes.writeUInt16BE(4096, 16);
  bytes.writeUInt32BE(counter, 24);
  bytes.writeUInt32BE(SIZE / 4096, 28);
  bytes.writeUInt32BE(counter, 92);
  for (let at = 4096; at < SIZE; at += 1000) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** How the host answers; `troubles` are used up first. */
let habits;

beforeEach(() => {
  habits = { file: database(), headers: { etag: '"1"' }, hides: [], troubles: [], requests: [] };
});

const server = createServer((request, response) => {
  const { file, headers, hides, troubles } = habits;
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  habits.requests.push(range ? [Number(range[1]), Number(range[2])] : "whole");
  const trouble = troubles.shift();
  if (trouble === "stall") return response.writeHead(206).write("x");
  if (typeof trouble === "number") return response.writeHead(trouble).end();
  if (habits.moved && request.url !== "/moved") {
    return response.writeHead(302, { location: "/moved" }).end();
  }
  if (!range || habits.ignoresRanges) return response.writeHead(200, headers).end(file);
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, file.length)];
  let body = file.subarray(start, end);
  const answer = { ...headers, "content-range": `bytes ${start}-${end - 1}/${file.length}` };
  if (habits.compresses) {
    body = gzipSync(file).subarray(start, end);
    answer["content-encoding"] = "gzip";
  }
  for (const name of hides) delete answer[name];
  if (trouble === "drop") {
    response.writeHead(206, { ...answer, "content-length": body.length });
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
    return;
  }
  response.writeHead(206, answer);
  if (habits.neverEnds) {
    response.write(body);
    const more = setInterval(() => response.write(Buffer.alloc(HEAD)), 5);
    return response.on("close", () => clearInterval(more));
  }
  if (habits.chunked) response.write(body.subarray(0, 10));
  response.end(habits.chunked ? body.subarray(10) : body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});
const url = `http://127.0.0.1:${server.address().port}/x.db`;

async function opened() {
  const whole = await fetch(url);
  await whole.body.cancel();
  return openRemote(url, whole);
}

/** The base with waits between attempts that take no time. */
async function base() {
  const { description } = await opened();
  habits.requests = [];
  return new RemoteBase(description, [0, 0, 0]);
}

async function readsWell(one) {
  const bytes = await one.read(65536, 200_000);
  assert.deepEqual(Buffer.from(bytes), habits.file.subarray(65536, 200_000));
  await one.verify();
}

test("ranges of a database are read", async () => {
  const one = await base();
  assert.equal(one.size, SIZE);
  await readsWell(one);
  assert.deepEqual(habits.requests, [[65536, 199_999]]);
});

test("the size is in the header of the database where the host hides it", async () => {
  habits.hides = ["content-range", "etag"];
  habits.headers = {};
  const one = await base();
  assert.equal(one.size, SIZE);
  await readsWell(one);
});

test("an answer without Content-Length is as good", async () => {
  habits.chunked = true;
  await readsWell(await base());
});

test("redirects are followed", async () => {
  habits.moved = true;
  await readsWell(await base());
});

for (const [name, change] of Object.entries({
  "answers with all of the file": { ignoresRanges: true },
  "compresses ranges": { compresses: true },
  "has no database there": { file: Buffer.alloc(SIZE, "a,b\n1,2\n") },
  "answers with an error": { troubles: [200, 503] },
})) {
  test(`a host that ${name} is not read in ranges`, async () => {
    Object.assign(habits, change);
    assert.equal(await opened(), undefined);
  });
}

test(
  "no more is read than was asked for, of a host that never ends",
  { timeout: 5000 },
  async () => {
    const one = await base();
    habits.neverEnds = true;
    await readsWell(one);
    assert.equal(await opened(), undefined);
  },
);

for (const troubles of [["drop"], [429], [503, 500, "drop"]]) {
  test(`another attempt follows ${troubles.join(", ")}`, async () => {
    const one = await base();
    habits.troubles = [...troubles];
    await readsWell(one);
    assert.equal(habits.requests.length, troubles.length + 1);
  });
}

test("a host that stalls is asked again, and is named in the end", { timeout: 5000 }, async () => {
  const { description } = await opened();
  const one = new RemoteBase(description, [0], 200);
  habits.troubles = ["stall"];
  assert.equal((await one.read(0, 10)).length, 10);
  habits.troubles = ["stall", "stall"];
  await assert.rejects(one.read(0, 10), /The connection to .* broke off/);
});

test("a host that stays in trouble is named, with what to do", async () => {
  const one = await base();
  habits.troubles = [429, 429, 429, 429];
  await assert.rejects(one.read(0, 10), ({ name, message, hint }) => {
    assert.match(message, /^127\.0\.0\.1:\d+ did not send a part of http.*\(HTTP 429\)\.$/);
    assert.match(hint, /Wait a minute/);
    return name === "LiteError";
  });
  habits.troubles = ["drop", "drop", "drop", "drop"];
  await assert.rejects(one.read(0, 10_000), /The connection to .* broke off/);
  habits.troubles = [404];
  await assert.rejects(one.read(0, 10), /did not send a part of .*\(HTTP 404\)/);
});

const CHANGES = {
  "its ETag": (one) => (one.headers = { etag: '"2"' }),
  "its ETag, and ranges are ignored": (one) => {
    one.headers = { etag: '"2"' };
    one.ignoresRanges = true;
  },
  "its size": (one) => (one.file = Buffer.concat([one.file, Buffer.alloc(4096)])),
  "that it is too short": (one) => (one.troubles = [416]),
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`a file that has changed is known by ${name}`, async () => {
    const one = await base();
    change(habits);
    await assert.rejects(one.read(65536, 70_000), ({ name }) => name === "SourceChanged");
    // Even if the old one came back, it would not be known what was read in between.
    habits.headers = { etag: '"1"' };
    await assert.rejects(one.read(65536, 70_000), ({ name }) => name === "SourceChanged");
  });
}

test("a file that has changed is known by its date", async () => {
  habits.headers = { "last-modified": "Sun, 01 Nov 2026 10:00:00 GMT" };
  const one = await base();
  await readsWell(one);
  habits.headers = { "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT" };
  await assert.rejects(one.read(0, 10), ({ name }) => name === "SourceChanged");
});

test("without ETag and date, the header of the database tells the version", async () => {
  habits.headers = {};
  const one = await base();
  await readsWell(one);
  habits.file = database(2);
  await one.read(65536, 70_000);
  await assert.rejects(one.verify(), ({ name }) => name === "SourceChanged");
});

test("a weak ETag of a proxy is the same version", async () => {
  const one = await base();
  habits.headers = { etag: 'W/"1"' };
  await readsWell(one);
});

test("a host that no longer sends parts is reported", async () => {
  const one = await base();
  habits.ignoresRanges = true;
  await assert.rejects(one.read(0, 10), /no longer sends parts of/);
});

test("a saved file is opened on the same version", async () => {
  const { description } = await opened();
  const saved = { size: SIZE, base: { ...description, end: 4096 }, saved: [] };
  const files = withBases(
    new Map([
      ["a", new Uint8Array(2)],
      ["b", saved],
    ]),
  );
  assert.equal(files.get("b").end, 4096);
  habits.headers = { etag: '"2"' };
  await assert.rejects(files.get("b").base.read(0, 10), ({ name }) => name === "SourceChanged");
});
