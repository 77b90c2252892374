/** Tests of shell/worker/instance/page-loads.js: nobody is left without a page by code that never ends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BootProgress } from "../../../../../shell/worker/boot/boot-progress.js";
import { PageLoads } from "../../../../../shell/worker/instance/page-loads.js";

const never = new Promise(() => {});

test("a page load waits for a short start", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const loads = new PageLoads(new BootProgress());
  assert.equal(await loads.isReady(Promise.resolve(), 1500), true);
  assert.equal(await loads.isReady(Promise.reject(new Error("no")), 1500), false);
  const late = loads.isReady(never, 1500);
  context.mock.timers.tick(1500);
  assert.equal(await late, false);
});

test("before code runs that may never end, page loads are answered and the booting page comes up", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const reports = new BootProgress();
  const loads = new PageLoads(reports);
  const waiting = [loads.isReady(never, 1500), loads.isReady(never, 1500)];
  let mayRun = false;
  void loads.letGo().then(() => (mayRun = true));
  assert.deepEqual(await Promise.all(waiting), [false, false]);
  await turn();
  assert.equal(mayRun, false);
  reports.watch(() => {});
  await turn();
  assert.equal(mayRun, true);
});

test("one that was answered just before is waited for, too", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const reports = new BootProgress();
  const loads = new PageLoads(reports);
  const load = loads.isReady(never, 1500);
  context.mock.timers.tick(1500);
  await load;
  let mayRun = false;
  void loads.letGo().then(() => (mayRun = true));
  await turn();
  assert.equal(mayRun, false);
  // The person has left.
  context.mock.timers.tick(5000);
  await turn();
  assert.equal(mayRun, true);
});

test("nothing waits where no page is expected, or where one is there", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const reports = new BootProgress();
  const loads = new PageLoads(reports);
  await loads.letGo();
  reports.watch(() => {});
  void loads.isReady(never, 1500);
  await loads.letGo();
  // A start that is over has nobody waiting for it.
  const others = new PageLoads(new BootProgress());
  await others.isReady(Promise.resolve(), 1500);
  await turn();
  await others.letGo();
});

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}
