import assert from "node:assert/strict";
import { test } from "node:test";
import { Socket } from "../../../../../shell/worker/bridge/websocket.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A socket, and the page's end of it: what it got. */
function connect(t, settle = async () => {}) {
  const { port1: page, port2 } = new MessageChannel();
  const got = [];
  page.onmessage = ({ data }) =>
    got.push(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  t.after(() => page.close());
  return { socket: new Socket(port2, settle), page, got };
}

/** Receive as Python does. */
async function receive(socket) {
  if (!socket.isReady) await socket.ready();
  return socket.receive();
}

const until = async (got, length) => {
  while (got.length < length) await turn();
};

test("messages in both directions", async (t) => {
  const { socket, page, got } = connect(t);
  socket.accept("chat");
  await socket.answered;
  page.postMessage("text");
  page.postMessage(Uint8Array.of(1, 2).buffer);
  assert.equal(await receive(socket), "text");
  assert.deepEqual(await receive(socket), Uint8Array.of(1, 2));
  socket.send("back");
  socket.send(Uint8Array.of(1, 2, 3).subarray(1));
  socket.close(4000, "bye");
  socket.send("nobody's");
  await socket.closed;
  await until(got, 4);
  assert.deepEqual(got, [
    { accepted: { protocol: "chat" } },
    "back",
    Uint8Array.of(2, 3),
    { closed: { code: 4000, reason: "bye", wasClean: true } },
  ]);
});

test("the page closes: the application gets what came before, then the end", async (t) => {
  const { socket, page, got } = connect(t);
  socket.accept("");
  page.postMessage("last");
  page.postMessage({ close: { code: 3000, reason: "done" } });
  await socket.closed;
  assert.equal(await receive(socket), "last");
  assert.equal(await receive(socket), undefined);
  assert.equal(await receive(socket), undefined);
  assert.deepEqual([socket.closeCode, socket.closeReason], [3000, "done"]);
  await until(got, 2);
  assert.deepEqual(got[1], { closed: { code: 3000, reason: "done", wasClean: true } });
});

for (const [how, code, wasClean, seen] of [
  ["restart", 1012, true, 1012],
  ["leave", 1001, false, 1001],
  ["fail", 1011, false, 1006],
  ["refuse", 1006, false, 1006],
]) {
  test(`${how}() ends it, and an application that waits`, async (t) => {
    const { socket, got } = connect(t);
    if (how !== "refuse") socket.accept("");
    const waiting = how === "restart" || how === "leave" ? receive(socket) : undefined;
    socket[how]();
    await Promise.all([socket.answered, socket.closed]);
    assert.equal(await waiting, undefined);
    assert.equal(socket.closeCode, seen);
    await until(got, how === "refuse" ? 1 : 2);
    const { closed } = got.at(-1);
    assert.deepEqual([closed.code, closed.wasClean], [code, wasClean]);
  });
}

test("nothing is sent before what was written is saved", async (t) => {
  let save;
  const { socket, got } = connect(t, () => new Promise((resolve) => (save = resolve)));
  socket.accept("");
  socket.send("written");
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual(got, []);
  save();
  await until(got, 1);
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(got.length, 1);
  save();
  await until(got, 2);
  assert.equal(got[1], "written");
});

for (const [name, act] of [
  ["a message", (socket) => socket.send("not saved")],
  ["the end", (socket) => socket.close(1000, "")],
]) {
  test(`a change that cannot be saved before ${name} ends it`, async (t) => {
    let isFull = false;
    const { socket, got } = connect(t, async () => {
      if (isFull) throw new Error("There is no room.");
    });
    socket.accept("");
    await until(got, 1);
    isFull = true;
    act(socket);
    await socket.closed;
    await until(got, 2);
    assert.deepEqual(got[1], { closed: { code: 1011, reason: "", wasClean: false } });
  });
}
