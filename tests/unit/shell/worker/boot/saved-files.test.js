/** Tests of shell/worker/boot/saved-files.js: what a new record says of work that stays. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { marksOfKept } = await importWorkerModule("shell/worker/boot/saved-files.js");
const { newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");

const FOUND = /** @type {any} */ ({ edited: true, origin: "import" });

/** @param {string[]} paths @param {any} [found] */
function recordAfter(paths, found) {
  const { edited, origin } = newRecord("k", [], "o", { marks: marksOfKept(paths, found) });
  return { edited, origin };
}

test("an app whose code is replaced is as private as before, since its files stay", () => {
  const paths = ["cookies.json", "home/notes.db"];
  assert.deepEqual(recordAfter(paths, FOUND), { edited: true, origin: "import" });
  assert.deepEqual(recordAfter(paths, { edited: false }), { edited: false, origin: undefined });
});

test("a workspace whose databases are replaced is not edited any more", () => {
  for (const [paths, found] of [
    [["internal.db", "secret"], FOUND],
    [[], undefined],
  ]) {
    assert.deepEqual(recordAfter(paths, found), { edited: false, origin: undefined });
  }
});
