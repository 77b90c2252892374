import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

globalThis.self = /** @type {any} */ ({ navigator: { userAgent: "Test/1.0" } });
const { respond } = await importWorkerModule("shell/worker/instance/respond.js");
const { StaticAnswers } = await importWorkerModule("shell/worker/bridge/static-responses.js");

const FILE = "http://localhost/app/-/static/app.css";
const plain = async (error, status) => new Response(error.message, { status });

/** Make an instance's means, with a Python that counts how often it is asked. */
function means({ lasts = true, ...more } = {}) {
  const made = {
    asked: 0,
    handle: async (head, body, to) => {
      made.asked += 1;
      to.whole(200, '[["etag", "1"]]', new TextEncoder().encode("file"), lasts);
    },
    staticAnswers: new StaticAnswers(),
    saver: undefined,
    replies: undefined,
    onSave: (saved) => saved,
    onStream: () => {},
    ...more,
  };
  return made;
}

/** Make a saver of which `settle` is what saving comes to. */
const saver = (settle) => ({
  beginRequest: async () => ({ id: "1", settle, end: () => {} }),
});

const ask = (of) =>
  respond(new Request(FILE), { clientId: "client", arrivedAt: Date.now() }, plain, of);

for (const [name, more] of [
  ["an instance that is not saved", {}],
  ["an instance that is saved", { saver: saver(async () => false) }],
]) {
  test(`${name} asks Python once for what lasts`, async () => {
    const of = means(more);
    for (let times = 0; times < 3; times++) assert.equal(await (await ask(of)).text(), "file");
    assert.equal(of.asked, 1);
  });

  test(`${name} asks Python each time for what does not`, async () => {
    const of = means({ ...more, lasts: false });
    for (let times = 0; times < 3; times++) await ask(of);
    assert.equal(of.asked, 3);
  });
}

test("an answer that could not leave, as something could not be saved, is not kept", async () => {
  const failing = saver(async () => {
    throw Object.assign(new Error("There is no room."), { name: "NoRoomError" });
  });
  const of = means({ saver: failing });
  assert.equal((await ask(of)).status, 507);
  assert.equal(await ask(of).then((answer) => answer.text()), "There is no room.");
  assert.equal(of.asked, 2);
});
