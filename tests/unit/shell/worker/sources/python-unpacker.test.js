/**
 * The worker's side of unpacking, with the Python that the site has.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { pythonUnpacker } from "../../../../support/python_unpacker.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { unpack } = await importWorkerModule("shell/worker/sources/unpack.js");

const FILES = `
import base64, bz2, gzip, io, json, lzma, tarfile
from compression import zstd

def tar(mode):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        info = tarfile.TarInfo("t.csv")
        info.size = 6
        archive.addfile(info, io.BytesIO(b"a\\n1\\n2\\n"))
    return file.getvalue()

first, second = b"a\\n1\\n", b"2\\n"
files = {"t.tar": tar("w"), "t.tgz": tar("w:gz"), "empty.csv.xz": lzma.compress(b"")}
for name, module in (("gz", gzip), ("bz2", bz2), ("xz", lzma), ("zst", zstd)):
    files[f"t.csv.{name}"] = module.compress(first) + module.compress(second)
json.dumps({name: base64.b64encode(data).decode() for name, data in files.items()})
`;

test("everything that Python unpacks", async () => {
  const { unpacker, runPython, leftBehind } = await pythonUnpacker();
  for (const [name, encoded] of Object.entries(JSON.parse(runPython(FILES)))) {
    const data = new Uint8Array(Buffer.from(encoded, "base64"));
    const options = { source: name, python: unpacker };
    for (const form of [data, new Blob([data])]) {
      const found = [];
      for await (const file of unpack({ name, data: form }, options)) {
        found.push([file.name, new TextDecoder().decode(file.data)]);
      }
      const expected = name.startsWith("empty") ? ["empty.csv", ""] : ["t.csv", "a\n1\n2\n"];
      assert.deepEqual(found, [expected], name);
    }
    assert.deepEqual(leftBehind(), []);
  }
});
