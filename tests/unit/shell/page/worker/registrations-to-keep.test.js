/** Tests of shell/page/worker/registrations-to-keep.js: the browser's list stays short. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  registrationsToKeep,
  TOO_MANY,
} from "../../../../../shell/page/worker/registrations-to-keep.js";

test("500 workspaces opened over time never fill the browser's list", () => {
  /** @type {Set<string>} */
  let registered = new Set();
  const usedAt = new Map();
  for (let number = 0; number < 500; number++) {
    const key = `w${number}`;
    registered.add(key);
    usedAt.set(key, number);
    assert.ok(registered.size <= TOO_MANY + 1);
    if (registered.size <= TOO_MANY) continue;
    const open = [key, "w0"].filter((one) => registered.has(one));
    const { unneeded } = registrationsToKeep({ settled: [...registered], open, usedAt });
    registered = new Set([...registered].filter((one) => !unneeded.includes(one)));
    assert.ok(registered.has(key) && registered.has("w0"), "what is open stays");
    assert.ok(registered.has(`w${number - 40}`), "what was used last stays");
  }
  assert.ok(!registered.has("w1"));
});

test("what is not saved goes when it is closed, even if there are few", () => {
  const settled = ["saved", "open", "closed"];
  const { unneeded, following } = registrationsToKeep({
    settled,
    open: ["open"],
    usedAt: new Map([["saved", 1]]),
  });
  assert.deepEqual(unneeded, ["closed"]);
  assert.deepEqual(following, ["saved"]);
});

test("however many are open, none of them goes", () => {
  const open = Array.from({ length: 80 }, (_, number) => `w${number}`);
  const found = { settled: [...open, "closed"], open, usedAt: new Map([["closed", 1]]) };
  assert.deepEqual(registrationsToKeep(found).unneeded, ["closed"]);
});
