/**
 * The worker's side of unpacking, with the Python that the site has.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "../support/worker_modules.js";

const { unpack } = await importWorkerModule("shell/worker/unpack.js");
const { PythonUnpacker } = await importWorkerModule("shell/worker/python-unpacker.js");

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const BRIDGE = `
import json, sys
from pathlib import Path
sys.path.insert(0, "/project")
from engine.importing.unpacking import decompress, tar_member, tar_members

async def no_breath(position):
    pass

class Bridge:
    async def unpack(self, kind, path, out, source, most, head):
        done = await decompress(
            kind, Path(path), Path(out), source, int(most), no_breath, head=head
        )
        return json.dumps({"value": done})

    async def tar_members(self, path, source):
        return json.dumps({"value": tar_members(Path(path), source)})

    async def tar_member(self, path, name, out, source, most):
        await tar_member(Path(path), name, Path(out), source, int(most), no_breath)
        return json.dumps({"value": None})

Bridge()
`;

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
  const { FS, mountNodeFS, runPython } = await loadPyodide();
  FS.mkdirTree("/project");
  mountNodeFS("/project", PROJECT);
  FS.mkdirTree("/aside");
  const unpacker = new PythonUnpacker(FS, runPython(BRIDGE), "/aside", (work) => work);
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
    assert.deepEqual(FS.readdir("/aside"), [".", ".."], "nothing is left behind");
  }
});
