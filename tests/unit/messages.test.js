import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { answerMessage } from "../../shell/worker/messages.js";

test("a question that takes long is answered with signs of life until then", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    /** @type {unknown[]} */
    const answers = [];
    const port = { postMessage: (/** @type {unknown} */ answer) => answers.push(answer) };
    /** @type {(value: unknown) => void} */
    let finish = () => {};
    const instances = { check: () => new Promise((resolve) => (finish = resolve)) };
    const event = { data: { type: "check", key: "" }, ports: [port], source: {} };
    const answered = answerMessage(
      /** @type {any} */ (event),
      /** @type {any} */ (instances),
      /** @type {any} */ ({}),
    );
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
