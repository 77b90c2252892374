import assert from "node:assert/strict";
import { test } from "node:test";
import { WriteGate } from "../../../../../shell/worker/storage/write-gate.js";

const settled = async (promise) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);

test("a copy is taken at once while no request runs", async () => {
  const gate = new WriteGate();
  const end = await gate.enter();
  end();
  assert.equal(await gate.copy(() => "copy"), "copy");
});

test("a copy waits for the requests that run, and new ones wait for the copy", async () => {
  const gate = new WriteGate();
  const [endOne, endTwo] = await Promise.all([gate.enter(), gate.enter()]);
  const order = [];
  const copied = gate.copy(() => order.push("copy"));
  const entered = gate.enter().then((end) => {
    order.push("next request");
    end();
  });
  endOne();
  endOne(); // which does nothing more
  assert.equal(await settled(copied), false);
  endTwo();
  await Promise.all([copied, entered]);
  assert.deepEqual(order, ["copy", "next request"]);
});

test("a request that takes its time holds up nobody for long", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const gate = new WriteGate();
  await gate.enter();
  const copied = gate.copy(() => "copy");
  const entered = gate.enter();
  t.mock.timers.tick(3000);
  assert.equal(await copied, "copy");
  (await entered)();
});

test("a copy that fails lets requests in again", async () => {
  const gate = new WriteGate();
  const end = await gate.enter();
  const copied = gate.copy(() => {
    throw new Error("no memory");
  });
  end();
  await assert.rejects(copied, /no memory/);
  (await gate.enter())();
});
