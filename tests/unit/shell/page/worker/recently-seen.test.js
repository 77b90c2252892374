/** Tests of shell/page/worker/recently-seen.js: which hidden pages let go of their workspace. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mostInBackground, RecentlySeen } from "../../../../../shell/page/worker/recently-seen.js";

test("a page lets go once more other workspaces were looked at than the device can run", () => {
  const seen = new RecentlySeen("own", 2);
  for (const key of ["a", "own", "b", "a", "b", 5]) seen.note(key);
  assert.equal(seen.isLongAgo, false);
  seen.note("c");
  assert.equal(seen.isLongAgo, true);
  seen.comeIntoView();
  assert.equal(seen.isLongAgo, false);
});

test("a small device runs fewer", () => {
  const most = [1, 2, 4, 8, undefined].map((deviceMemory) => mostInBackground({ deviceMemory }));
  assert.deepEqual(most, [1, 1, 2, 5, 2]);
});
