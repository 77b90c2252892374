/** Tests of shell/worker/instance/keyed-mutex.js: one thing after the other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedMutex } from "../../../../../shell/worker/instance/keyed-mutex.js";

test("work of one name is done in turn, whatever becomes of it, and that of others aside", async () => {
  const mutex = new KeyedMutex();
  /** @type {string[]} */
  const log = [];
  /** @param {string} what */
  const work = (what) => async () => {
    log.push(`${what} begins`);
    await Promise.resolve();
    log.push(`${what} ends`);
    if (what === "bad") throw new Error("no");
    return what;
  };
  const bad = mutex.take("a", work("bad"));
  const good = mutex.take("a", work("good"));
  const other = mutex.take("b", work("other"));
  assert.ok(mutex.of("a"));
  await assert.rejects(bad, /no/);
  assert.equal(await good, "good");
  assert.equal(await other, "other");
  assert.equal(mutex.of("a"), undefined);
  const own = log.filter((line) => !line.startsWith("other"));
  assert.deepEqual(own, ["bad begins", "bad ends", "good begins", "good ends"]);
  assert.ok(log.indexOf("other begins") < log.indexOf("good begins"));
});
