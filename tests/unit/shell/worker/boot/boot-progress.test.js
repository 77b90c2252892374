/** Tests of shell/worker/boot/boot-progress.js: what those who watch a start are told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BootProgress } from "../../../../../shell/worker/boot/boot-progress.js";

const HEAD = { url: "https://a.test/x.csv", options: {}, bytes: new Uint8Array(3), isWhole: false };
const LONGER = { ...HEAD, bytes: new Uint8Array(6) };

/** @param {BootProgress} reports */
function watch(reports) {
  /** @type {any[]} */
  const heard = [];
  const watcher = (/** @type {any} */ progress) => heard.push(progress);
  reports.watch(watcher);
  return { heard, watcher, heads: () => heard.map(({ head }) => head).filter(Boolean) };
}

test("each watcher gets a head once, and a longer one again", async () => {
  const reports = new BootProgress();
  await reports.during(async () => {
    const early = watch(reports);
    assert.deepEqual(early.heads(), []);
    reports.showHead(HEAD);
    reports.report({ stage: "python", label: "" });
    assert.deepEqual(early.heads(), [HEAD]);
    const late = watch(reports);
    reports.report({ stage: "datasette", label: "" });
    assert.deepEqual(late.heads(), [HEAD]);
    reports.showHead(LONGER);
    assert.deepEqual(
      [early.heads(), late.heads()],
      [
        [HEAD, LONGER],
        [HEAD, LONGER],
      ],
    );
    assert.ok(late.heard.length > 2, "they are told of the stages as well");
  });
});

test("it is told at once, whatever was told just before", async () => {
  const reports = new BootProgress();
  await reports.during(async () => {
    const { heads } = watch(reports);
    reports.report({ stage: "fetch", label: "x", done: 1 });
    reports.showHead(HEAD);
    assert.deepEqual(heads(), [HEAD]);
  });
});

test("who has stopped watching is told nothing, and who watches again gets it again", async () => {
  const reports = new BootProgress();
  await reports.during(async () => {
    const { heads, watcher } = watch(reports);
    reports.unwatch(watcher);
    reports.showHead(HEAD);
    assert.deepEqual(heads(), []);
    reports.watch(watcher);
    assert.deepEqual(heads(), [HEAD]);
  });
});

test("nothing of it is kept once the start is over", async () => {
  const reports = new BootProgress();
  await reports.during(async () => reports.showHead(HEAD));
  assert.deepEqual(watch(reports).heads(), []);
});
