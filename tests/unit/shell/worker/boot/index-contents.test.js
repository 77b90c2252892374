/** Tests of shell/worker/boot/index-contents.js: what a site's own package index can serve. */

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { servedBy } = await importWorkerModule("shell/worker/boot/index-contents.js");

const INDEX = "https://packages.example/simple/";
const OTHER = "https://other.example/wheels";

/** @param {Record<string, string>} pages  by address; any other is not found */
function serve(pages) {
  return mock.method(globalThis, "fetch", async (/** @type {string} */ url) =>
    url in pages ? new Response(pages[url]) : new Response("", { status: 404 }),
  );
}

afterEach(() => mock.restoreAll());

test("only what an index lists, in the version that is offered, is served", async () => {
  serve({
    [`${INDEX}datasette-vega/`]: '<a href="datasette_vega-0.6.2-py3-none-any.whl">x</a>',
    [`${INDEX}datasette-plot/`]: '<a href="datasette_plot-0.2.0-py3-none-any.whl">x</a>',
    [`${OTHER}/datasette-gfm/`]: '<a href="datasette_gfm-0.1.1-py3-none-any.whl">x</a>',
  });
  const offers = ["datasette-vega==0.6.2", "datasette-plot==0.1.0", "datasette-gfm==0.1.1"];
  const served = await servedBy([INDEX, OTHER], [...offers, "datasette-absent"]);
  assert.deepEqual(served, ["datasette-vega==0.6.2", "datasette-gfm==0.1.1"]);
});

test("the default index is not asked, since the catalogue was tested with it", async () => {
  const asked = serve({});
  assert.deepEqual(await servedBy([INDEX, "default"], ["datasette-vega"]), ["datasette-vega"]);
  assert.equal(asked.mock.callCount(), 0);
});

test("an index that is out of reach may have it", async () => {
  mock.method(globalThis, "fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.deepEqual(await servedBy([INDEX], ["datasette-vega==0.6.2"]), ["datasette-vega==0.6.2"]);
});
