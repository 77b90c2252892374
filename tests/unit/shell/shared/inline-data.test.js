/** Tests of shell/shared/inline-data.js: data that a link carries in itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toBase64Url } from "../../../../shell/shared/base64url.js";
import {
  inlineAddress,
  inlineFiles,
  inlineFragment,
  splitFragment,
} from "../../../../shell/shared/inline-data.js";

const FILES = [
  { name: "größen.csv", text: "a,b\n1,“2”\n" },
  { name: "t.sql", text: "create table t (a)" },
];

test("what a fragment holds comes out again, and the page after it", async () => {
  const fragment = await inlineFragment(FILES);
  const split = splitFragment(`#${fragment}/data/t?_facet=a#x`);
  assert.ok(split);
  assert.equal(split.rest, "#/data/t?_facet=a#x");
  assert.deepEqual(await inlineFiles(split.data), FILES);
  assert.equal(splitFragment(`#${fragment}`)?.rest, "#/");
  assert.equal(await inlineFragment([]), "");
});

test("other fragments hold none", () => {
  for (const hash of ["", "#/data/t", "#examples", "#inline:", "#inline:a b", "#inline:%41/"]) {
    assert.equal(splitFragment(hash), undefined, hash);
  }
});

test("an address holds the hash of the content", async () => {
  const [file] = FILES;
  const address = await inlineAddress(file);
  assert.match(address, /^inline\/[0-9a-f]{64}\/gr%C3%B6%C3%9Fen\.csv$/);
  assert.notEqual(await inlineAddress({ ...file, text: "a" }), address);
});

/** @param {unknown} content */
async function fragmentOf(content) {
  const stream = new Blob([JSON.stringify(content)]).stream();
  const packed = stream.pipeThrough(new CompressionStream("deflate-raw"));
  return toBase64Url(new Uint8Array(await new Response(packed).arrayBuffer()));
}

test("what cannot be read is refused with a sentence", async () => {
  const broken = (await inlineFragment(FILES)).slice("inline:".length, -12);
  const bomb = await fragmentOf([["a.csv", "0".repeat(5_000_000)]]);
  const wrong = await Promise.all(
    [{}, [1], [["a.csv", 1]], [["../x/a.csv", "a"]], [["a?b", "a"]], [["", "a"]], null].map(
      fragmentOf,
    ),
  );
  for (const data of ["x", "AAAA", broken, bomb, ...wrong]) {
    await assert.rejects(inlineFiles(data), /data in this link cannot be read/);
  }
});
