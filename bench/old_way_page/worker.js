/**
 * The worker of the old way: Pyodide as npm has it, the site's own wheels installed by micropip,
 * Datasette asked for one page.
 *
 * It does what can be done at the same time at the same time, and spares micropip the search for
 * dependencies, so that what is left is the cost of the way itself.
 */

import { loadPyodide } from "./pyodide/pyodide.mjs";

self.addEventListener("message", async ({ data: { database, path } }) => {
  const file = fetch(database).then((response) => response.arrayBuffer());
  const { tools, wheels } = await (await fetch("wheels.json")).json();
  const [pyodide, serve] = await Promise.all([
    loadPyodide(),
    fetch("serve.py").then((response) => response.text()),
  ]);
  await pyodide.loadPackage(tools.map(absolute));
  const micropip = pyodide.pyimport("micropip");
  await micropip.install.callKwargs(wheels.map(absolute), { deps: false });
  pyodide.FS.writeFile("/world.db", new Uint8Array(await file));
  const page = pyodide.runPython(serve);
  self.postMessage(await page("/world.db", path));
});

/** @param {string} wheel */
function absolute(wheel) {
  return new URL(wheel, self.location.href).href;
}
