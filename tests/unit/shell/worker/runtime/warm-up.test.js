/** Tests of shell/worker/runtime/warm-up.js: pages are made only while nobody waits for Python. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { exercise } from "../../../../../shell/worker/runtime/warm-up.js";

const always = async () => true;

/** @param {number} count */
function pages(count) {
  const made = { count: 0 };
  const makePage = async () => {
    if (made.count === count) return false;
    made.count += 1;
    return true;
  };
  return { made, makePage };
}

test("all pages are made, and before each it is waited until nobody asks for another", async () => {
  const { made, makePage } = pages(3);
  /** @type {number[]} */
  const asked = [];
  const answers = [false, true, true, false, false, true, true];
  const quiet = async () => {
    asked.push(made.count);
    return /** @type {boolean} */ (answers.shift());
  };
  assert.equal(await exercise({ makePage, isWanted: () => true, quiet }), true);
  assert.equal(made.count, 3);
  assert.deepEqual(asked, [0, 0, 1, 2, 2, 2, 3]);
});

test("an instance that is closed is left alone, even if that happens while it is waited", async () => {
  const { made, makePage } = pages(5);
  let wanted = true;
  const quiet = async () => {
    wanted = made.count < 2;
    return true;
  };
  assert.equal(await exercise({ makePage, isWanted: () => wanted, quiet }), false);
  assert.equal(made.count, 2);
});

test("where somebody goes on asking it is given up", async (context) => {
  const { made, makePage } = pages(1);
  let now = 0;
  context.mock.method(performance, "now", () => (now += 10_000));
  const quiet = async () => false;
  assert.equal(await exercise({ makePage, isWanted: () => true, quiet }), false);
  assert.equal(made.count, 0);
});

test("what breaks down in Python is the caller's to tell", async () => {
  const makePage = async () => Promise.reject(new Error("no"));
  await assert.rejects(exercise({ makePage, isWanted: () => true, quiet: always }), /no/);
});
