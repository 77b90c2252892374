/**
 * Runs a Python script under Pyodide in Node, so that the build uses the very interpreter that the
 * browser will: its bytecode format, its platform tags, its idea of which requirements apply.
 *
 *     node scripts/run_in_pyodide.mjs SCRIPT.py [ARGUMENT...]
 *
 * The project's folder is mounted at its own path; the script sees its arguments in sys.argv.
 */

import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadPyodide, version } from "pyodide";

const project = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);
// An empty package list makes micropip resolve everything from the package index, as a lock must.
const info = {
  arch: "wasm32",
  platform: "emscripten_5_0_3",
  abi_version: "2026_0",
  python: "3.14.2",
  version,
};
const pyodide = await loadPyodide({ lockFileContents: JSON.stringify({ info, packages: {} }) });
pyodide.FS.mkdirTree(project);
pyodide.mountNodeFS(project, project);
pyodide.FS.chdir(project);
const run = pyodide.runPython(`
import runpy, sys
def run(script, argv):
    sys.argv = [script, *argv]
    return runpy.run_path(script, run_name="__main__").get("main_task")
run
`);
try {
  await run(script, args);
} catch (error) {
  // The script's own words are enough; the minified frames of the runtime around them are not.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// Timers that Python has cancelled are left over in Node, which would wait for them.
process.exit();
