/** Tests of shell/worker/sources/source-head.js: when the head of a download is taken, and of which ones. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { HEAD_LIMIT, HeadTaker } = await importWorkerModule("shell/worker/sources/source-head.js");

const URL = "https://a.test/x.csv";

/** @param {number} [total] */
function download(total) {
  return /** @type {any} */ ({ version: { url: URL }, options: { header: false }, total });
}

/** Sizes of the heads that are taken as a file of CSV arrives in chunks. */
function sizesOf(chunk, count) {
  const taker = new HeadTaker();
  const all = new Uint8Array(chunk * count).fill(97);
  const sizes = [];
  for (let at = 0; at <= count; at += 1) {
    sizes.push(taker.take(download(all.length), all.subarray(0, at * chunk))?.bytes.length);
  }
  return sizes.filter((size) => size !== undefined);
}

test("the first bytes are taken at once, and no more than the limit", () => {
  assert.deepEqual(sizesOf(65536, 4), [HEAD_LIMIT]);
  assert.deepEqual(sizesOf(10, 2), [10, 20]);
});

test("a file that comes slowly is looked at again each time twice as much has come", () => {
  assert.deepEqual(sizesOf(1000, 5000), [1000, 2000, 4000, 8000, 16000, 32000, HEAD_LIMIT]);
});

test("a head is a copy, with what a page has to know", () => {
  const all = new TextEncoder().encode("a,b\n1,2\n3,4\n");
  const head = new HeadTaker().take(download(100), all.subarray(0, 8));
  assert.deepEqual(
    [head.url, head.options, head.isWhole, Buffer.from(head.bytes).toString()],
    [URL, { header: false }, false, "a,b\n1,2\n"],
  );
  assert.equal(head.bytes.buffer.byteLength, 8, "posting it copies nothing else");
  assert.equal(new HeadTaker().take(download(all.length), all).isWhole, true);
  assert.equal(new HeadTaker().take(download(undefined), all).isWhole, false);
});

test("only what may be CSV is taken", () => {
  /** @param {Uint8Array | string} bytes */
  const isTaken = (bytes) => {
    const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    return new HeadTaker().take(download(), all) !== undefined;
  };
  assert.ok(isTaken("a,b\n1,2\n"));
  assert.ok(isTaken(gzipSync("a,b\n1,2\n")));
  assert.ok(isTaken(Buffer.from("\ufeffa,b\n", "utf16le")));
  for (const other of ["", "<!doctype html><p>", '[{"a": 1}]', '{"a": 1}', "SQLite format 3\0"]) {
    assert.equal(isTaken(other), false, other);
  }
  assert.equal(isTaken("create table t (a);"), false);
  assert.equal(isTaken("PK\x03\x04"), false);
});

test("what follows a pointer to the data is taken afresh", () => {
  const taker = new HeadTaker();
  const pointer = new TextEncoder().encode(
    `version https://git-lfs.github.com/spec/v1\n${"x".repeat(90)}`,
  );
  assert.equal(taker.take(download(), pointer), undefined);
  assert.equal(taker.take(download(), new Uint8Array()), undefined);
  assert.ok(taker.take(download(), new TextEncoder().encode("a,b\n1,2\n")));
});
