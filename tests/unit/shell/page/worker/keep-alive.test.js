import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";

/** @type {string[]} */
const asked = [];
/** @type {Array<{onmessage: () => void}>} */
const timers = [];
let pings = 0;

before(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const registration = { active: { postMessage: () => pings++ } };
  const serviceWorker = { getRegistration: async () => registration };
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker }, configurable: true });
  Object.assign(globalThis, {
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
    BroadcastChannel: class extends EventTarget {
      postMessage() {}
    },
    Worker: class {
      onmessage = () => {};
      constructor(/** @type {URL} */ url) {
        asked.push(url.pathname.split("/").at(-1) ?? "");
        timers.push(this);
      }
    },
  });
});

after(() => mock.timers.reset());

test("the timer's script is no request that a page waits for, and ticks before a worker is idle", async () => {
  const { startKeepAlive } = await import("../../../../../shell/page/worker/keep-alive.js");
  startKeepAlive("");
  startKeepAlive("");
  assert.deepEqual(asked, []);
  // The timer ticks after 15 seconds, and browsers stop workers after 30.
  mock.timers.tick(10_000);
  assert.deepEqual(asked, ["keep-alive-timer.js"]);
  timers[0].onmessage();
  await Promise.resolve().then();
  assert.equal(pings, 1);
});
