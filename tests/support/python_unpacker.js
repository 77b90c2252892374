/**
 * Unpacks in Node with the site's Python.
 */

import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "./worker_modules.js";

const { PythonUnpacker } = await importWorkerModule("shell/worker/sources/python-unpacker.js");

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const BRIDGE = `
import json, sys
from pathlib import Path
sys.path.insert(0, "/project")
from engine.errors import LiteError
from engine.importing.unpacking import decompress, tar_member, tar_members

async def no_breath(position):
    pass

async def outcome(work):
    try:
        return json.dumps({"value": await work})
    except LiteError as error:
        return json.dumps({"error": error.to_wire()})

class Bridge:
    def unpack(self, kind, path, out, source, most, head):
        paths = Path(path), Path(out)
        return outcome(decompress(kind, *paths, source, int(most), no_breath, head=head))

    async def tar_members(self, path, source):
        async def members():
            return tar_members(Path(path), source)
        return await outcome(members())

    def tar_member(self, path, name, out, source, most):
        return outcome(tar_member(Path(path), name, Path(out), source, int(most), no_breath))

Bridge()
`;

/**
 * @returns {Promise<{unpacker: any, runPython: (code: string) => any, leftBehind: () => string[]}>}
 *   leftBehind: names of files that it has not removed
 */
export async function pythonUnpacker() {
  const { FS, mountNodeFS, runPython } = await loadPyodide();
  FS.mkdirTree("/project");
  mountNodeFS("/project", PROJECT);
  FS.mkdirTree("/aside");
  return {
    unpacker: new PythonUnpacker(FS, runPython(BRIDGE), "/aside", (work) => work),
    runPython,
    leftBehind: () => FS.readdir("/aside").filter((name) => !/^\.+$/.test(name)),
  };
}
