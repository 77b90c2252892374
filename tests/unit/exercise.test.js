/** Tests of shell/worker/exercise.js: pages are made only while nobody waits for Python. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { exercise } from "../../shell/worker/exercise.js";

const longAgo = () => performance.now() - 10_000;

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

test("all pages are made, each in a turn of its own", async () => {
  const { made, makePage } = pages(3);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const page = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2)); // Python is at work
    return makePage();
  };
  const done = await exercise({ makePage: page, isWanted: () => true, lastUsed: longAgo });
  clearInterval(timer);
  assert.equal(done, true);
  assert.equal(made.count, 3);
  assert.ok(turns >= 3);
});

test("a request that comes is let by, and some quiet after it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { made, makePage } = pages(2);
  let used = performance.now();
  const done = exercise({ makePage, isWanted: () => true, lastUsed: () => used });
  await settled();
  context.mock.timers.tick(400);
  await settled();
  assert.equal(made.count, 0);
  used = longAgo();
  context.mock.timers.tick(200);
  for (let turn = 0; turn < 4; turn++) {
    await settled();
    context.mock.timers.tick(0);
  }
  assert.equal(await done, true);
  assert.equal(made.count, 2);
});

test("an instance that is closed is left alone", async () => {
  const { made, makePage } = pages(5);
  const isWanted = () => made.count < 2;
  assert.equal(await exercise({ makePage, isWanted, lastUsed: longAgo }), false);
  assert.equal(made.count, 2);
});

test("what breaks down in Python is the caller's to tell", async () => {
  const makePage = async () => Promise.reject(new Error("no"));
  const wanted = { makePage, isWanted: () => true, lastUsed: longAgo };
  await assert.rejects(exercise(wanted), /no/);
});

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
