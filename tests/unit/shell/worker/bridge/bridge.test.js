import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

globalThis.self = /** @type {any} */ ({ navigator: { userAgent: "Test/1.0" } });
const { answer } = await importWorkerModule("shell/worker/bridge/bridge.js");

const MIB = 1024 * 1024;
const bytes = (text) => new TextEncoder().encode(text);
const plain = ({ name, message, hint, traceback }) =>
  new Response([message, hint, traceback].join("|"), {
    status: name === "TooSlowError" ? 504 : 500,
  });

/** Ask a server in JavaScript, which stands for the one in Python. */
const ask = (
  handle,
  { request = new Request("http://localhost/app/"), patience, settle = async () => {} } = {},
) => answer(handle, request, "client", { settle, patience }).catch(plain);

/** Keep what is said on the console from the test's output. */
function quietly(t) {
  t.mock.method(console, "error", () => {});
  t.mock.method(console, "warn", () => {});
}

test("a whole answer", async () => {
  const response = await ask(async (head, body, to) => {
    to.whole(
      404,
      JSON.stringify([
        ["x-two", "a"],
        ["X-Two", "caf\xe9"],
      ]),
      bytes("no"),
    );
    await to.closed;
  });
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("x-two"), "a, caf\xe9");
  assert.equal(await response.text(), "no");
});

for (const status of [204, 205, 304]) {
  test(`a ${status}, which may not have a body, not even an empty one`, async () => {
    const response = await ask(async (head, body, to) => to.whole(status, "[]", bytes("")));
    assert.equal(response.status, status);
    assert.equal(response.body, null);
  });
}

test("the request is told, and its body read chunk by chunk", async () => {
  const chunks = ["one", "two"].map(bytes);
  const request = new Request("http://localhost/app/x?y", {
    method: "POST",
    body: new ReadableStream({
      pull: (controller) =>
        chunks.length ? controller.enqueue(chunks.shift()) : controller.close(),
    }),
    duplex: "half",
  });
  const response = await ask(
    async (head, body, to) => {
      const { raw_path, has_body } = JSON.parse(head);
      const read = [];
      for (let chunk; (chunk = await body.read());) read.push(new TextDecoder().decode(chunk));
      to.whole(200, "[]", bytes(JSON.stringify([raw_path, has_body, ...read])));
    },
    { request },
  );
  assert.deepEqual(await response.json(), ["/app/x", true, "one", "two"]);
});

test("a body that Firefox does not offer as a stream", async () => {
  const request = new Request("http://localhost/app/", { method: "PUT", body: "all of it" });
  Object.defineProperty(request, "body", { value: undefined });
  const response = await ask(
    async (head, body, to) => {
      const first = await body.read();
      assert.equal(await body.read(), undefined);
      to.whole(200, "[]", first);
    },
    { request },
  );
  assert.equal(await response.text(), "all of it");
});

test("a streamed answer", async () => {
  const response = await ask(async (head, body, to) => {
    to.start(200, "[]");
    for (const chunk of ["a", "b"]) to.write(bytes(chunk));
    assert.equal(to.room(), true);
    to.end();
    assert.equal(to.room(), false);
    await to.closed;
  });
  assert.equal(await response.text(), "ab");
});

test("an application that is ahead waits for its reader, however large its chunks are", async () => {
  for (const size of [1000, 64 * 1024, 3 * MIB]) {
    let sent = 0;
    const response = await ask(async (head, body, to) => {
      to.start(200, "[]");
      while (await to.room()) {
        to.write(new Uint8Array(size));
        sent += size;
      }
    });
    const reader = response.body.getReader();
    for (let read = 0; read < 10 * MIB;) {
      // It has gone as far as it may once it is not its turn any more.
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(sent - read <= MIB + size, `${sent - read} bytes ahead`);
      assert.ok(sent > read);
      read += (await reader.read()).value.length;
    }
    await reader.cancel();
  }
});

test("an application learns that its reader went, waiting for room or for that", async () => {
  const learned = [];
  const response = await ask(async (head, body, to) => {
    to.closed.then(() => learned.push("closed"));
    to.start(200, "[]");
    to.write(new Uint8Array(2 * MIB));
    learned.push(await to.room());
    to.write(bytes("into the void"));
    to.end();
    learned.push("ended");
  });
  await response.body.cancel();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(learned.sort(), ["closed", "ended", false].sort());
});

test("an aborted request disconnects", async () => {
  const aborter = new AbortController();
  const request = new Request("http://localhost/app/", { signal: aborter.signal });
  let learned;
  await ask(
    async (head, body, to) => {
      aborter.abort();
      await to.closed;
      learned = to.room();
      to.whole(200, "[]", bytes("nobody's"));
    },
    { request },
  );
  assert.equal(learned, false);
});

test("an error before the answer is an error page", async (t) => {
  quietly(t);
  const response = await ask(async (head, body, to) => to.fail("It broke.", "Traceback …"));
  assert.equal(response.status, 500);
  assert.match(await response.text(), /^It broke\.\|This is an error in .*\|Traceback …$/);
  assert.equal(console.error.mock.callCount(), 1);
});

test("an error in the middle breaks the answer off", async (t) => {
  quietly(t);
  const response = await ask(async (head, body, to) => {
    to.start(200, "[]");
    to.write(bytes("half"));
    to.fail("It broke.", "");
  });
  assert.equal(response.status, 200);
  await assert.rejects(response.text(), /It broke\./);
});

test("an error after the end is for the console alone", async (t) => {
  quietly(t);
  const response = await ask(async (head, body, to) => {
    to.start(200, "[]");
    to.write(bytes("all"));
    to.end();
    to.fail("It broke.", "");
  });
  assert.equal(await response.text(), "all");
  assert.equal(console.error.mock.callCount(), 0);
  assert.equal(console.warn.mock.callCount(), 1);
});

for (const [name, header] of [
  ["a name", ["not a name", "x"]],
  ["a value", ["x", "two\nlines"]],
  ["a character", ["x", "\u20ac"]],
  ["a coding", ["content-encoding", "rot13"]],
]) {
  for (const how of ["whole", "start"]) {
    test(`${name} that no header can have: ${how}`, async (t) => {
      quietly(t);
      const response = await ask(async (head, body, to) => {
        to[how](200, JSON.stringify([header]), bytes("x"));
        to.write(bytes("more"));
        assert.equal(to.room(), false);
        to.end();
      });
      assert.equal(response.status, 500);
      assert.match(await response.text(), /^The response cannot be sent: /);
    });
  }
}

test("compressed answers are decoded, as browsers do for a network's", async () => {
  const packed = new Uint8Array(gzipSync("as it was"));
  const headers = JSON.stringify([
    ["content-encoding", "gzip"],
    ["content-length", String(packed.length)],
    ["x", "1"],
  ]);
  const whole = await ask(async (head, body, to) => to.whole(200, headers, packed));
  const streamed = await ask(async (head, body, to) => {
    to.start(200, headers);
    for (const byte of packed) to.write(Uint8Array.of(byte));
    to.end();
  });
  for (const response of [whole, streamed]) {
    assert.deepEqual([...response.headers], [["x", "1"]]);
    assert.equal(await response.text(), "as it was");
  }
  // The answer to HEAD has the headers of a body, and none.
  const toHead = await ask(async (head, body, to) => to.whole(200, headers, bytes("")));
  assert.equal(toHead.headers.get("content-encoding"), "gzip");
});

for (const handle of [
  async () => {
    throw new Error("Python is gone");
  },
  () => {
    throw new Error("Python is gone");
  },
]) {
  test(`a server that breaks: ${handle.constructor.name}`, async (t) => {
    quietly(t);
    const response = await ask(handle);
    assert.equal(response.status, 500);
    assert.match(await response.text(), /^Python crashed\. Load the page again.*Python is gone/);
  });
}

test("patience ends: there is an answer, and the application is told", async (t) => {
  quietly(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let told = false;
  const answered = ask(async (head, body, to) => {
    await to.closed;
    told = true;
    // What comes now is nobody's.
    to.start(200, "[]");
    to.write(bytes("late"));
    assert.equal(to.room(), false);
    to.fail("Too late.", "");
  });
  t.mock.timers.tick(240_000);
  const response = await answered;
  assert.equal(response.status, 504);
  assert.match(await response.text(), /^There was no answer within 240 seconds\.\|The request may/);
  assert.equal(told, true);
});

test("patience is for the start of an answer, not for its end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let end;
  const response = await ask(async (head, body, to) => {
    to.start(200, "[]");
    to.write(bytes("a "));
    await new Promise((resolve) => (end = resolve));
    to.write(bytes("slow one"));
    to.end();
  });
  t.mock.timers.tick(3_600_000);
  end();
  assert.equal(await response.text(), "a slow one");
});
