/** Pyodide's loader, made smaller. */

import assert from "node:assert/strict";
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadPyodide } from "pyodide";
import { slim } from "../../scripts/slim_loader.mjs";

const PYODIDE = new URL("../../node_modules/pyodide/", import.meta.url);

/** @param {string} statements */
const loader = (statements, imports = "") =>
  `async function create(){${statements}` +
  'var _kept,_gone,_place,_pointer,_other;function assignWasmExports(wasmExports){_kept=Module["_kept"]=wasmExports["kept"];' +
  '_gone=Module["_gone"]=wasmExports["gone"];_place=Module["_place"]=wasmExports["place"].value>>>0;' +
  `_pointer=Module["_pointer"]=wasmExports["pointer"];_other=Module["_other"]=wasmExports["another"]}var wasmImports={read:_read,${imports}};use(_kept)}export default create;`;

const SCREEN =
  "var SDL={width:1},show=()=>SDL.width,table=[1];function _draw(){return show()}_draw.sig='v';" +
  "show();var _glClear=()=>GL.clear(),file={draw:1};Module['SDL']=SDL;file.draw;";

test("what mentions a screen goes, and what mentions that", () => {
  const slimmed = slim(loader(SCREEN, "draw:_draw"), ["read"], []);
  assert.match(slimmed, /;var table=\[1\];var file=\{draw:1\};file\.draw;var /);
  assert.doesNotMatch(slimmed, /SDL|show|_draw|_glClear/);
  assert.match(slimmed, /wasmImports=\{read:_read\}/);
});

test("what the WebAssembly insists on throws when it is called", () => {
  const imports = "emscripten_glClear:_glClear,emscripten_glFlush:_glClear";
  const slimmed = slim(loader(SCREEN, imports), ["read", "emscripten_glClear"], []);
  assert.match(slimmed, /wasmImports=\{read:_read,emscripten_glClear:needsScreen\}/);
  assert.match(slimmed, /function needsScreen\(\)\{throw new Error/);
});

test("exports are assigned in a loop, but for those with a use, a name or a kind of their own", () => {
  const slimmed = slim(loader(""), [], ["place", "pointer"]);
  assert.match(slimmed, /var _kept,_pointer,_other;function/);
  assert.match(
    slimmed,
    /:it;_kept=Module\["_kept"\]=[^;]*;_pointer=Module[^;]*;_other=Module\["_other"\]=[^;]*\}var wasm/,
  );
  assert.doesNotMatch(slimmed, /_gone|_place/);
});

for (const [what, source, needed] of [
  ["no function", "export default 1", []],
  ["no imports", loader("").replace("wasmImports", "imports"), []],
  ["no exports", loader("").replace("assignWasmExports", "assign"), []],
  ["another function for a screen", loader(SCREEN, "draw:_draw"), ["draw"]],
]) {
  test(`another form is an error: ${what}`, () => {
    assert.throws(
      () => slim(/** @type {string} */ (source), /** @type {string[]} */ (needed), []),
      {
        message: /is not what slim_loader\.mjs expects/,
      },
    );
  });
}

test("Python runs with the real one, and has all that the WebAssembly exports", async () => {
  const program = await WebAssembly.compile(await readFile(new URL("pyodide.asm.wasm", PYODIDE)));
  const needed = WebAssembly.Module.imports(program).map(({ name }) => name);
  const source = await readFile(new URL("pyodide.asm.mjs", PYODIDE), "utf8");
  const exported = WebAssembly.Module.exports(program);
  const globals = exported.filter(({ kind }) => kind === "global").map(({ name }) => name);
  const slimmed = slim(source, needed, globals);
  assert.ok(slimmed.length < 0.4 * source.length);
  const folder = await mkdtemp(join(tmpdir(), "loader-"));
  try {
    const path = join(folder, "loader.mjs");
    await writeFile(path, slimmed);
    const { default: createPyodideModule } = await import(pathToFileURL(path).href);
    const pyodides = [await loadPyodide({ createPyodideModule }), await loadPyodide()];
    const [small, whole] = pyodides.map((pyodide) => /** @type {any} */ (pyodide)._module);
    for (const name of exported.map((one) => `_${one.name}`).filter((one) => one in whole)) {
      assert.equal(typeof small[name], typeof whole[name], name);
    }
    assert.equal(pyodides[0]?.runPython("import sqlite3, asyncio; sum(range(5))"), 10);
  } finally {
    await rm(folder, { recursive: true });
  }
});
