/** Tests of shell/worker/instance/keyed-mutex.js: one thing after the other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../../../../shell/worker/instance/keyed-mutex.js";

test("work of one name is done in turn, whatever becomes of it, and that of others aside", async () => {
  const turns = new Turns();
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
  const bad = turns.take("a", work("bad"));
  const good = turns.take("a", work("good"));
  const other = turns.take("b", work("other"));
  assert.ok(turns.of("a"));
  await assert.rejects(bad, /no/);
  assert.equal(await good, "good");
  assert.equal(await other, "other");
  assert.equal(turns.of("a"), undefined);
  const own = log.filter((line) => !line.startsWith("other"));
  assert.deepEqual(own, ["bad begins", "bad ends", "good begins", "good ends"]);
  assert.ok(log.indexOf("other begins") < log.indexOf("good begins"));
});
