/** An update of the site replaces the worker that a page has asked. */

import assert from "node:assert/strict";
import { after, before, beforeEach, mock, test } from "node:test";

const KEY = "dXJsPXg";

/** A service worker as a page sees it. */
class FakeWorker extends EventTarget {
  /** @type {any[]} */
  heard = [];
  state = "activated";

  /** @param {any} message @param {MessagePort[]} [ports] */
  postMessage(message, ports = []) {
    this.heard.push({ ...message, port: ports[0] });
    heard?.(this);
  }

  /** @param {FakeWorker} next */
  makeWay(next) {
    registration.active = next;
    this.state = "redundant";
    this.dispatchEvent(new Event("statechange"));
    mock.timers.tick(1000); // that an answer may still take
  }
}

const registration = { active: new FakeWorker(), scope: "" };
/** @type {((worker: FakeWorker) => void) | undefined} */
let heard;
const container = Object.assign(new EventTarget(), {
  controller: null,
  startMessages() {},
  register: async () => registration,
  getRegistration: async () => registration,
});

/** @returns {Promise<FakeWorker>} the next one that a page posts a message to */
const nextAsked = () => new Promise((resolve) => (heard = resolve));

before(() => {
  // Otherwise the clock that keeps a worker alive would keep this process alive.
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const locks = { request: () => new Promise(() => {}) };
  Object.defineProperty(globalThis, "navigator", {
    value: { serviceWorker: container, locks },
    configurable: true,
  });
  Object.assign(globalThis, {
    self: globalThis,
    isSecureContext: true,
    location: new URL("https://site.example/"),
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
    BroadcastChannel: class extends EventTarget {
      postMessage() {}
    },
  });
});

after(() => mock.timers.reset());

beforeEach(() => {
  registration.active = new FakeWorker();
});

test("a question goes to the worker that replaced the one that was asked", async () => {
  const { askWorker } = await import("../../../../../shell/page/worker/ask-worker.js");
  const first = registration.active;
  let asked = nextAsked();
  const answer = askWorker(/** @type {any} */ ({ type: "check", key: KEY, before: 0 }));
  assert.equal(await asked, first);
  asked = nextAsked();
  const second = new FakeWorker();
  first.makeWay(second);
  assert.equal(await asked, second);
  second.heard[0].port.postMessage({ value: "newer" });
  assert.equal(await answer, "newer");
  second.heard[0].port.close();
  first.heard[0].port.close();
});

test("a change is not asked for again: a person decides", async () => {
  const { askWorker, WORKER_STOPPED } =
    await import("../../../../../shell/page/worker/ask-worker.js");
  const first = registration.active;
  const asked = nextAsked();
  const answer = askWorker(/** @type {any} */ ({ type: "add", key: KEY }));
  await asked;
  first.makeWay(new FakeWorker());
  await assert.rejects(answer, { name: WORKER_STOPPED });
  first.heard[0].port.close();
});

test("a start goes on in the worker that replaced the one that was asked, also a second time", async () => {
  const { bootInstance } = await import("../../../../../shell/page/worker/boot-client.js");
  const { PROTOCOL_VERSION } = await import("../../../../../shell/shared/protocol.js");
  const workers = [registration.active, new FakeWorker(), new FakeWorker()];
  let asked = nextAsked();
  const started = bootInstance(KEY, true, { onProgress() {}, onSilence() {} });
  assert.equal(await asked, workers[0]);
  for (const [index, next] of workers.slice(1).entries()) {
    asked = nextAsked();
    workers[index].makeWay(next);
    assert.equal(await asked, next);
    assert.equal(next.heard[0].type, "open");
    // Newer data that the person chose stays chosen.
    assert.equal(next.heard[0].fresh, true);
  }
  const data = { v: PROTOCOL_VERSION, type: "ready", key: KEY, path: "data/t" };
  container.dispatchEvent(new MessageEvent("message", { data }));
  assert.equal(await started, "data/t");
  // Afterwards nobody waits for its end.
  heard = () => assert.fail("asked again");
  workers[2].makeWay(new FakeWorker());
});
