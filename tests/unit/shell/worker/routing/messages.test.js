import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { importWorkerModule } from "../../../../support/worker_modules.js";
import { PROTOCOL_VERSION } from "../../../../../shell/shared/protocol.js";

const { answerMessage } = await importWorkerModule("shell/worker/routing/messages.js");

test("the lock of a question is held until it is answered", async () => {
  const answers = [];
  const locks = { held: new Set() };
  locks.request = async (name, options, work) => {
    locks.held.add(name);
    await work();
    locks.held.delete(name);
  };
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  const port = { postMessage: (answer) => answers.push([answer, locks.held.size]) };
  const data = { v: PROTOCOL_VERSION, type: "check", key: "", lock: "its lock" };
  const workspaces = { host: async () => ({ check: async () => "done" }) };
  await answerMessage({ data, ports: [port], source: {} }, workspaces, {});
  assert.deepEqual(answers, [
    [{ working: true }, 0],
    [{ working: true, locked: true }, 1],
    [{ value: "done" }, 1],
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(locks.held.size, 0);
});

test("a question that takes long is answered with signs of life until then", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    /** @type {unknown[]} */
    const answers = [];
    const port = { postMessage: (/** @type {unknown} */ answer) => answers.push(answer) };
    /** @type {(value: unknown) => void} */
    let finish = () => {};
    const workspace = { check: () => new Promise((resolve) => (finish = resolve)) };
    const workspaces = { host: () => Promise.resolve(workspace) };
    const data = { v: PROTOCOL_VERSION, type: "check", key: "" };
    const event = { data, ports: [port], source: {} };
    const answered = answerMessage(
      /** @type {any} */ (event),
      /** @type {any} */ (workspaces),
      /** @type {any} */ ({}),
    );
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(11_000);
    assert.deepEqual(answers, [{ working: true }, { working: true }]);
    finish("done");
    await answered;
    mock.timers.tick(11_000);
    assert.deepEqual(answers.slice(2), [{ value: "done" }]);
  } finally {
    mock.timers.reset();
  }
});

test("a question of another version of the protocol is not acted on", async () => {
  /** @type {any[]} */
  const answers = [];
  const port = { postMessage: (/** @type {unknown} */ answer) => answers.push(answer) };
  const data = { v: PROTOCOL_VERSION - 1, type: "forget", keys: [""] };
  const event = { data, ports: [port], source: {} };
  await answerMessage(/** @type {any} */ (event), /** @type {any} */ ({}), /** @type {any} */ ({}));
  assert.equal(answers.length, 1);
  assert.equal(answers[0].error.name, "ProtocolError");
});
