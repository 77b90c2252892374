/** Tests of shell/worker/instance/quiet.js: what can wait comes after what is waited for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { quiet } from "../../../../../shell/worker/instance/quiet.js";

test("who has been idle for long is quiet, but in a later turn", async () => {
  let isLater = false;
  setTimeout(() => (isLater = true), 0);
  assert.equal(await quiet(() => 1000), true);
  assert.equal(isLater, true);
});

test("each request is waited for, and the quiet after it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let idle = 0; // something is being answered
  let found;
  void quiet(() => idle).then((isQuiet) => (found = isQuiet));
  context.mock.timers.tick(300);
  await turn();
  idle = 200;
  context.mock.timers.tick(300);
  await turn();
  assert.equal(found, undefined);
  idle = 300;
  context.mock.timers.tick(100);
  await turn();
  assert.equal(found, true);
});

test("who never stops asking is not waited for", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  context.mock.method(performance, "now", () => now);
  let found;
  void quiet(() => 0).then((isQuiet) => (found = isQuiet));
  for (now = 0; now <= 3300; now += 300) {
    context.mock.timers.tick(300);
    await turn();
  }
  assert.equal(found, false);
});

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}
