/** Tests of shell/worker/packages.js: starts that fail, and those that are never over. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Packages, PackagesFailed } from "../../shell/worker/packages.js";

/**
 * @param {object} more
 * @param {number} [more.unfinished]
 * @param {string} [more.lock]
 */
function packages({ unfinished, lock }) {
  /** @type {number[]} */
  const notes = [];
  const made = new Packages({
    recipe: [["install", "datasette-x"]],
    lock,
    settings: { locked: false, index: "", plugins: [], images: false },
    decision: { key: "", allowed: ["plugin datasette-x"], refused: [], unfinished },
    failures: [],
    note: async (count) => void notes.push(count),
  });
  return { made, notes };
}

test("a start is counted while plugins are at work, and no longer once it is over", async () => {
  const { made, notes } = packages({});
  assert.equal(await made.orLess(() => [...notes].length), 1);
  await made.isStarted();
  assert.deepEqual(notes, [1, 0]);
});

test("between two pieces of work, those before it still count; after the start none", async () => {
  const { made, notes } = packages({ unfinished: 1 });
  await made.orLess(() => {});
  await made.orLess(() => {});
  await made.isStarted();
  assert.deepEqual(notes, [2, 1, 2, 1, 0]);
  assert.deepEqual(made.problems, []);
});

test("a start that fails is over, and leads to one without the plugins", async () => {
  const { warn } = console;
  console.warn = () => {};
  try {
    const { made, notes } = packages({ unfinished: 1 });
    const failing = made.orLess(() => {
      throw new Error("Traceback\n  File x\nKeyError: 'y'\n");
    });
    await assert.rejects(failing, (/** @type {PackagesFailed} */ error) => {
      assert.ok(error instanceof PackagesFailed);
      assert.deepEqual(error.failure, { without: "all", reason: "KeyError: 'y'." });
      return true;
    });
    assert.deepEqual(notes, [2, 1]);
  } finally {
    console.warn = warn;
  }
});

test("after two that were never over there are no plugins, which is told and not forgotten", async () => {
  const { made, notes } = packages({ unfinished: 2 });
  assert.deepEqual(
    made.problems.map(({ name }) => name),
    ["PluginsStuck"],
  );
  assert.equal(await made.orLess(() => "without"), "without");
  await made.isStarted();
  assert.deepEqual(notes, []);
});

test("a record that cannot be read asks for nothing", () => {
  for (const lock of ["{", "[]", '{"asked": null}']) packages({ lock });
  assert.throws(() => packages({ lock: '{"asked": {"datasette-y": "datasette-y"}}' }), {
    name: "ConsentNeeded",
  });
});
