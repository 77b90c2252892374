import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fuzz, damaged } from "../support/fuzzing.js";
import { importWorkerModule } from "../support/worker_modules.js";

const { unpack } = await importWorkerModule("shell/worker/unpack.js");
const { LiteError } = await importWorkerModule("shell/shared/errors.js");
const { BlobWriter, TextReader, ZipWriter } = await import("@zip.js/zip.js");

async function zip() {
  const writer = new ZipWriter(new BlobWriter());
  await writer.add("a.csv", new TextReader("a,b\n1,2\n".repeat(20)));
  await writer.add("folder/b.json", new TextReader("[]"), { level: 0 });
  await writer.add("README.txt", new TextReader("about"));
  return new Uint8Array(await (await writer.close()).arrayBuffer());
}

/** Unpack, or be told in a sentence why not. */
async function unpacked(name, data) {
  let size = 0;
  try {
    for await (const file of unpack({ name, data }, { source: name })) {
      assert.equal(typeof file.name, "string");
      size += file.data.length ?? file.data.size;
    }
  } catch (error) {
    assert.ok(error instanceof LiteError, String(error?.stack));
    assert.ok(error.message.length < 1000);
  }
  assert.ok(size < 1_000_000);
}

const GZIP = new Uint8Array(gzipSync("a,b\n1,2\n".repeat(100)));

for (const [name, good] of [
  ["x.zip", await zip()],
  ["x.csv.gz", GZIP],
]) {
  test(`damaged: ${name}`, { timeout: 600_000 }, async () => {
    await unpacked(name, good);
    await fuzz(damaged(good), (data) => unpacked(name, data), 0.3);
    await fuzz(damaged(good), (data) => unpacked(name, new Blob([data])), 0.3);
  });
}
