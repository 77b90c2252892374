import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

globalThis.self = /** @type {any} */ ({ navigator: { userAgent: "Test/1.0" } });
const { respond } = await importWorkerModule("shell/worker/instance/respond.js");
const { StaticAnswers } = await importWorkerModule("shell/worker/bridge/static-responses.js");

const FILE = "http://localhost/app/-/static/app.css";

/** Make an instance's means, with a Python that counts how often it is asked. */
function means({ lasts = true, ...more } = {}) {
  const made = {
    asked: 0,
    crossedOut: 0,
    handle: async (head, body, to) => {
      made.asked += 1;
      to.whole(200, '[["etag", "1"]]', new TextEncoder().encode("file"), lasts);
    },
    staticAnswers: new StaticAnswers(),
    persistence: saving(async () => {}),
    guard: { begin: async () => () => {}, answered: () => (made.crossedOut += 1) },
    onStream: () => {},
    ...more,
  };
  return made;
}

/** Make a persistence of which `settle` is what saving comes to. */
const saving = (settle, reply) => ({
  beginRequest: async () => ({ reply, settle, end: () => {} }),
});

const ask = (of) => respond(new Request(FILE), { clientId: "client", arrivedAt: Date.now() }, of);

test("Python is asked once for what lasts", async () => {
  const of = means();
  for (let times = 0; times < 3; times++) assert.equal(await (await ask(of)).text(), "file");
  assert.equal(of.asked, 1);
});

test("Python is asked each time for what does not", async () => {
  const of = means({ lasts: false });
  for (let times = 0; times < 3; times++) await ask(of);
  assert.equal(of.asked, 3);
});

test("a request that an earlier run of the worker answered gets that reply", async () => {
  const reply = { status: 303, headers: '[["location", "/"]]', body: new Uint8Array() };
  const of = means({ persistence: saving(async () => {}, reply) });
  const response = await ask(of);
  assert.deepEqual([response.status, response.headers.get("location")], [303, "/"]);
  assert.equal(response.body, null);
  assert.equal(of.asked, 0);
  assert.equal(of.crossedOut, 1, "it is still noted as a request that stopped the workspace");
});

test("an answer that could not leave, as something could not be saved, is not kept", async () => {
  const failing = saving(async () => {
    throw new Error("There is no room.");
  });
  const of = means({ persistence: failing });
  for (let times = 0; times < 2; times++) await assert.rejects(ask(of), /There is no room/);
  assert.equal(of.asked, 2);
});
