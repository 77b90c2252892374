/** Tests of shell/worker/boot/app-start.js: what an app needs before it may start. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { AppStart } = await importWorkerModule("shell/worker/boot/app-start.js");

const SITE = new URL("https://example.org/lite/");
const CODE = "# /// script\n# dependencies = ['starlette']\n# ///\n";
const BYTES = new TextEncoder().encode(CODE);

/** @param {string} code  its address */
function appStart(code) {
  const options = /** @type {any} */ ({ siteRoot: SITE, key: "" });
  return new AppStart({ code, entry: "" }, options, () => {});
}

/** @param {boolean} isImported @param {string} [code] */
function found(isImported, code = "https://a.test/x.py") {
  const start = appStart(code);
  return { start, code: start.find(async () => [["app/x.py", BYTES]], isImported) };
}

test("saved code is identified by its hash, and names its packages", async () => {
  const { items, install, index } = await found(false).code;
  assert.equal(items.length, 1);
  const [{ kind, value, from }] = items;
  assert.deepEqual([kind, value, from], ["app", "https://a.test/x.py", "a.test"]);
  assert.match(items[0].digest ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual([install, index], [["starlette"], undefined]);
});

test("imported code is from the imported file, whatever its address says", async () => {
  const { items } = await found(true).code;
  assert.equal(items[0].from, "the file you imported");
});

test("only the site's own apps get their packages from the site", async () => {
  assert.equal(
    (await found(false, "apps/x.py").code).index,
    "https://example.org/lite/apps/wheels/",
  );
  assert.equal((await found(false, "data/x.py").code).index, undefined);
});

for (const [what, state, message] of [
  ["a locked site", { mayRun: () => false, isLocked: true }, /accepts no code from links/],
  ["a person's refusal", { mayRun: () => false, isLocked: false }, /did not allow it/],
  ["two starts without an end", { mayRun: () => true, isHeldBack: true }, /x\.py.*never finished/],
]) {
  test(`an app does not start after ${what}`, async () => {
    const { start, code } = found(false);
    await code;
    let released = false;
    const packages = /** @type {any} */ ({ ...state, release: async () => (released = true) });
    await assert.rejects(start.check(packages), { message: /** @type {RegExp} */ (message) });
    assert.equal(released, state.isHeldBack === true, "so that the next try starts it");
  });
}
