import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fuzz, damaged } from "../support/fuzzing.js";
import { pythonUnpacker } from "../support/python_unpacker.js";
import { importWorkerModule } from "../support/worker_modules.js";

const { unpack } = await importWorkerModule("shell/worker/sources/unpack.js");
const { LiteError } = await importWorkerModule("shell/shared/errors.js");
const { BlobWriter, TextReader, ZipWriter } = await import("@zip.js/zip.js");

const { unpacker: python, runPython, leftBehind } = await pythonUnpacker();

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
    for await (const file of unpack({ name, data }, { source: name, python })) {
      assert.equal(typeof file.name, "string");
      size += file.data.length ?? file.data.size;
    }
  } catch (error) {
    assert.ok(error instanceof LiteError, String(error?.stack));
    assert.ok(error.message.length < 1000);
  }
  assert.ok(size < 1_000_000);
  assert.deepEqual(leftBehind(), []);
}

const TEXT = "a,b\n1,2\n".repeat(100);

/** What a Python expression makes of `text`, or of three such files: `tar(mode)`. */
function packed(expression) {
  const code = `
import bz2, io, lzma, tarfile
from compression import zstd
text = b"a,b\\n" * 200
def tar(mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name in ("a.csv", "folder/b.csv", "README.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return out.getvalue()
${expression}.hex()`;
  return new Uint8Array(Buffer.from(runPython(code), "hex"));
}

for (const [name, good] of [
  ["x.zip", await zip()],
  ["x.csv.gz", new Uint8Array(gzipSync(TEXT))],
  ["x.csv.bz2", packed("bz2.compress(text)")],
  ["x.csv.xz", packed("lzma.compress(text)")],
  ["x.csv.zst", packed("zstd.compress(text)")],
  ["x.tar", packed('tar("w")')],
  ["x.tgz", packed('tar("w:gz")')],
]) {
  test(`damaged: ${name}`, { timeout: 600_000 }, async () => {
    await unpacked(name, good);
    await fuzz(damaged(good), (data) => unpacked(name, data), 0.2);
    await fuzz(damaged(good), (data) => unpacked(name, new Blob([data])), 0.2);
  });
}
