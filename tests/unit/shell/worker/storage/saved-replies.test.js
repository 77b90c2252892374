/** Replies that are kept for requests that browsers send a second time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { fingerprintOf, Replies, replyTo } = await importWorkerModule(
  "shell/worker/storage/saved-replies.js",
);

const response = { status: 303, headers: "[]", body: new Uint8Array() };
const post = (body, type = "text/plain") =>
  new Request("http://localhost/app/x", {
    method: "POST",
    body,
    headers: { "content-type": type },
  });

/** The part of a transaction that replies need: what is in the store, by key. */
function fakeStore(t) {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const rows = new Map();
  const store = {
    put: (value, key) => rows.set(String(key), value),
    delete: (key) => rows.delete(String(key)),
  };
  return { rows, transaction: { objectStore: () => store } };
}

test("a request is recognised by its method, address, type and body", async () => {
  const first = await fingerprintOf(post("a=1"));
  assert.equal(await fingerprintOf(post("a=1")), first);
  assert.notEqual(await fingerprintOf(post("a=2")), first);
  assert.notEqual(await fingerprintOf(post("a=1", "text/html")), first);
});

test("requests that change nothing and large ones are not compared", async () => {
  assert.equal(await fingerprintOf(new Request("http://localhost/app/x")), "");
  assert.equal(await fingerprintOf(post(new Uint8Array(1024 * 1024 + 1))), "");
});

test("an earlier reply is found once, and not when the request came much later", () => {
  const now = Date.now();
  const replies = new Replies([["id", replyTo("abc", response)]]);
  assert.equal(replies.find("other", now), undefined);
  assert.equal(replies.find("abc", now + 21_000), undefined);
  assert.equal(replies.find("abc", now + 1000)?.id, "id");
  assert.equal(replies.find("abc", now + 1000), undefined);
});

test("a reply stays pending until it is saved, and in the store while it may be wanted", (t) => {
  const { rows, transaction } = fakeStore(t);
  const replies = new Replies();
  replies.add("one", replyTo("abc", response));
  const pending = replies.pending;
  replies.add("two", replyTo("def", response));
  replies.put(transaction, () => {}, "generation", pending);
  replies.saved(pending);
  assert.deepEqual([...rows.keys()], ["generation,abc,one"]);
  assert.deepEqual(
    replies.pending.map(([id]) => id),
    ["two"],
  );
  t.mock.timers.tick(30_000);
  replies.put(transaction, () => {}, "generation", replies.pending);
  assert.deepEqual([...rows.keys()], ["generation,def,two"]);
});
