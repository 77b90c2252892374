import assert from "node:assert/strict";
import { test } from "node:test";
import { recordChannels } from "../../../../../shell/worker/runtime/task-channels.js";

const closed = (port) => new Promise((resolve) => port.on("close", resolve));

/** Whether a channel carries messages. */
function isOpen({ port1, port2 }) {
  return new Promise((resolve) => {
    port1.on("message", () => resolve(true));
    port1.on("close", () => resolve(false));
    port2.postMessage("");
  });
}

test("the channels made by a start are closed, and only those", async () => {
  const before = new MessageChannel();
  const ended = recordChannels();
  const during = new MessageChannel();
  const close = ended();
  const after = new MessageChannel();
  const ends = Promise.all([closed(during.port1), closed(during.port2)]);
  close();
  await ends;
  for (const channel of [before, after]) {
    assert.equal(await isOpen(channel), true);
    channel.port1.close();
  }
});

test("each start has its own channels", async () => {
  const ended = recordChannels();
  const first = new MessageChannel();
  const close = ended();
  recordChannels()()(); // of a start that made none
  assert.equal(await isOpen(first), true);
  close();
});

test("a start that was stuck closes nothing of the next one", async () => {
  const firstEnded = recordChannels();
  const secondEnded = recordChannels();
  const channel = new MessageChannel(); // of one of them
  firstEnded()();
  assert.equal(await isOpen(channel), true);
  secondEnded()();
  assert.equal(await isOpen(channel), true);
  channel.port1.close();
});
