/** Tests of shell/worker/runtime/python-tasks.js: nothing that a Python has left to do outlives it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { PythonTasks } from "../../../../../shell/worker/runtime/python-tasks.js";

/** ms of a timer that no test waits for. */
const LONG = 60_000;

/** @param {MessagePort} port */
const closed = (port) => new Promise((resolve) => port.addEventListener("close", resolve));

/** @param {MessageChannel} channel  whether it carries messages */
function isOpen({ port1, port2 }) {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(true);
    port1.addEventListener("close", () => resolve(false));
    port2.postMessage("");
  });
}

/** @returns {number} timers that keep this process running */
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** A Pyodide that makes its channel at once, as the real one does in a worker, and then takes a while. */
function slowPyodide() {
  /** @type {{channel?: MessageChannel, finish: () => void}} */
  const made = { finish: () => {} };
  const create = async () => {
    made.channel = new MessageChannel();
    await new Promise((resolve) => (made.finish = () => resolve(undefined)));
    const scheduleCallback = (/** @type {() => void} */ task) => void setImmediate(task);
    const getExpectedKeys = () => [null, scheduleCallback];
    return { API: { scheduleCallback, getExpectedKeys } };
  };
  return { made, create };
}

test("the channel of a Python is closed with it, and no other", async () => {
  const before = new MessageChannel();
  const tasks = new PythonTasks();
  const { made, create } = slowPyodide();
  const making = tasks.make(create, {});
  const during = new MessageChannel(); // somebody else's
  made.finish();
  await making;
  const { port1, port2 } = /** @type {MessageChannel} */ (made.channel);
  const ends = Promise.all([closed(port1), closed(port2)]);
  tasks.end();
  await ends;
  for (const channel of [before, during]) {
    assert.equal(await isOpen(channel), true);
    channel.port1.close();
  }
});

test("a start that was given up is let go of, although another one has begun and it is not over", async () => {
  const slow = { tasks: new PythonTasks(), ...slowPyodide() };
  const next = { tasks: new PythonTasks(), ...slowPyodide() };
  const making = slow.tasks.make(slow.create, {});
  const other = next.tasks.make(next.create, {});
  const { port1 } = /** @type {MessageChannel} */ (slow.made.channel);
  const end = closed(port1);
  slow.tasks.end();
  await end;
  // It finishes all the same, later.
  slow.made.finish();
  const { API } = await making;
  const before = timers();
  API.scheduleCallback(() => assert.fail("it is over"), LONG);
  API.scheduleCallback(() => assert.fail("it is over"));
  assert.equal(timers(), before);
  const channel = /** @type {MessageChannel} */ (next.made.channel);
  assert.equal(await isOpen(channel), true);
  next.made.finish();
  await other;
  next.tasks.end();
});

test("a Python that was ended before it began to start keeps no channel", async () => {
  const tasks = new PythonTasks();
  const { made, create } = slowPyodide();
  tasks.end();
  void tasks.make(create, {});
  assert.equal(await isOpen(/** @type {MessageChannel} */ (made.channel)), false);
});

test("timers of a real Python end with it, those it has cancelled included", async () => {
  const tasks = new PythonTasks();
  const create = (/** @type {any} */ settings) => tasks.make(createPyodideModule, settings);
  const pyodide = await loadPyodide(/** @type {any} */ ({ createPyodideModule: create }));
  const before = timers();
  const answer = await pyodide.runPythonAsync(`
import asyncio

sleeper = asyncio.ensure_future(asyncio.sleep(3600))
await asyncio.wait_for(asyncio.sleep(0.01), timeout=60)
await asyncio.sleep(0)
"ready"
`);
  assert.equal(answer, "ready");
  assert.equal(timers(), before + 2);
  tasks.end();
  assert.equal(timers(), before);
});

test("a snapshot finds what schedules tasks where Pyodide has it", async () => {
  const tasks = new PythonTasks();
  const { made, create } = slowPyodide();
  const making = tasks.make(create, {});
  made.finish();
  const { API } = await making;
  assert.deepEqual(API.getExpectedKeys(), [null, API.scheduleCallback]);
  tasks.end();
});
