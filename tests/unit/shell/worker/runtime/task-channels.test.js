import assert from "node:assert/strict";
import { test } from "node:test";
import { takeChannels } from "../../../../../shell/worker/runtime/task-channels.js";

const closed = (port) => new Promise((resolve) => port.on("close", resolve));

test("the channels made since the last call are closed, and only those", async () => {
  const first = new MessageChannel();
  const closeFirst = takeChannels();
  const second = new MessageChannel();
  const heard = new Promise((resolve) => (second.port1.onmessage = ({ data }) => resolve(data)));
  const ends = Promise.all([closed(first.port1), closed(first.port2)]);
  closeFirst();
  await ends;
  second.port2.postMessage("still open");
  assert.equal(await heard, "still open");
  takeChannels()();
});

test("each start has its own channels", async () => {
  const { port1 } = new MessageChannel();
  const close = takeChannels();
  takeChannels()(); // of a start that made none
  let isClosed = false;
  port1.on("close", () => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isClosed, false);
  close();
});
