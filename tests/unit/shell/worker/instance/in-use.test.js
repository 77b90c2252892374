import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { answer } from "../../../../../shell/worker/bridge/bridge.js";
import { InUse } from "../../../../../shell/worker/instance/in-use.js";

globalThis.self = /** @type {any} */ ({ navigator: { userAgent: "Test/1.0" } });

const encode = (text) => new TextEncoder().encode(text);

/** A download that Python has begun: the answer, and what Python sends the rest with. */
async function download(inUse) {
  let python;
  const handle = async (head, body, response) => {
    python = response;
    response.start(200, "[]");
    response.write(encode("first"));
  };
  const request = new Request("http://localhost/app/-/download/data.db");
  const answering = answer(handle, request, "client", {
    settle: async () => {},
    onStream: (stream) => inUse.add(stream),
  });
  return { response: await inUse.during(answering), python };
}

test("an instance is in use until all of a download is sent", async () => {
  const inUse = new InUse();
  const { response, python } = await download(inUse);
  assert.ok(inUse.isBusy, "only its first bytes are there");
  let isOver = false;
  const end = inUse.end().then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!isOver);
  python.write(encode(" last"));
  python.end();
  await end;
  assert.ok(!inUse.isBusy);
  assert.equal(await response.text(), "first last");
});

test("an instance is no longer in use when nobody wants the rest of a download", async () => {
  const inUse = new InUse();
  const { response } = await download(inUse);
  await response.body.cancel();
  await inUse.end();
  assert.ok(!inUse.isBusy);
});

test("a download that nobody reads on is given up, as a failure", async () => {
  const inUse = new InUse();
  const { response } = await download(inUse);
  mock.method(console, "error", () => {});
  await inUse.end(20);
  mock.restoreAll();
  assert.ok(!inUse.isBusy);
  await assert.rejects(response.text(), /nobody had read on/);
});

test("requests are waited for, but not for ever", async () => {
  const inUse = new InUse();
  void inUse.during(new Promise(() => {}));
  assert.ok(inUse.isAwaited);
  await inUse.end(20);
});

test("an instance is in use while the application works after its answer", async () => {
  const inUse = new InUse();
  let end;
  const call = inUse.called(new Promise((resolve) => (end = resolve)));
  assert.ok(inUse.isBusy);
  assert.ok(!inUse.isAwaited, "nobody waits for it");
  let isOver = false;
  const over = inUse.end(60_000).then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!isOver);
  end();
  await Promise.all([call, over]);
  assert.ok(!inUse.isBusy);
});

test("the wait for what the application does after its answer has an end", async () => {
  const inUse = new InUse();
  void inUse.called(new Promise(() => {}));
  await inUse.end(1);
  assert.ok(inUse.isBusy);
});
