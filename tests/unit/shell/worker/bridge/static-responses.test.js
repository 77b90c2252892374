import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { StaticAnswers } from "../../../../../shell/worker/bridge/static-responses.js";

const CSS = "http://localhost/app/-/static/app.css";
const bytes = (text) => new TextEncoder().encode(text);

/** Make a request. */
const ask = (url = CSS, headers = {}, method = "GET") => new Request(url, { headers, method });

/** Make the answer to it that Python gives. */
const file = ({ headers = { etag: '"1"' }, body = bytes("body"), ...more } = {}) => ({
  status: 200,
  headers: JSON.stringify(Object.entries({ "content-type": "text/css", ...headers })),
  body,
  lasts: true,
  ...more,
});

/** Make answers of which one is kept already. */
function keeping(answer = file(), request = ask()) {
  const answers = new StaticAnswers();
  answers.keep(request, answer);
  return answers;
}

test("what was kept is found, as often as it is asked for", async () => {
  const answers = keeping(file({ headers: { etag: '"1"', "content-length": "4" } }));
  for (let times = 0; times < 2; times++) {
    const found = answers.find(ask());
    assert.equal(found.status, 200);
    assert.deepEqual(Object.fromEntries(found.headers), {
      "content-length": "4",
      "content-type": "text/css",
      etag: '"1"',
    });
    assert.equal(await found.text(), "body");
  }
});

test("what comes after the hash of an address does not count, its query does", () => {
  const answers = keeping();
  assert.ok(answers.find(ask(`${CSS}#here`)));
  assert.equal(answers.find(ask(`${CSS}?_hash=2`)), undefined);
  assert.equal(answers.find(ask("http://localhost/app/-/static/other.css")), undefined);
});

test("HEAD is answered with what GET was, without a body", async () => {
  const answers = keeping(file({ headers: { "content-length": "4" } }));
  const found = answers.find(ask(CSS, {}, "HEAD"));
  assert.equal(found.headers.get("content-length"), "4");
  assert.equal(await found.text(), "");
});

for (const [name, answer, request] of [
  ["that does not last", file({ lasts: false }), ask()],
  ["to HEAD", file(), ask(CSS, {}, "HEAD")],
  ["to POST", file(), ask(CSS, {}, "POST")],
  ["that there is none", file({ status: 404 }), ask()],
  ["of a part", file(), ask(CSS, { range: "bytes=0-1" })],
  ["for one with a password", file(), ask(CSS, { authorization: "Bearer x" })],
  ["that depends on more than its address", file({ headers: { vary: "Cookie" } }), ask()],
  ["not to be stored", file({ headers: { "cache-control": "No-Store" } }), ask()],
  ["for one person", file({ headers: { "cache-control": "private, max-age=1" } }), ask()],
  ["too large", file({ body: new Uint8Array(4 * 1024 * 1024) }), ask()],
]) {
  test(`an answer ${name} is not kept`, () => {
    assert.equal(keeping(answer, request).find(ask()), undefined);
  });
}

for (const [name, headers, method] of [
  ["POST", {}, "POST"],
  ["a part", { range: "bytes=0-1" }, "GET"],
  ["a person", { authorization: "Bearer x" }, "GET"],
  ["another file than this", { "if-match": '"2"' }, "GET"],
]) {
  test(`a request for or with ${name} is Python's`, () => {
    assert.equal(keeping().find(ask(CSS, headers, method)), undefined);
  });
}

for (const [theirs, status] of [
  ['"1"', 304],
  ['W/"1"', 304],
  ['"0", "1"', 304],
  ["*", 304],
  ['"2"', 200],
  ["1", 200],
]) {
  test(`If-None-Match: ${theirs} gives ${status}`, async () => {
    const headers = { etag: '"1"', "cache-control": "max-age=9", "content-length": "4" };
    const answers = keeping(file({ headers }));
    for (const method of ["GET", "HEAD"]) {
      const found = answers.find(ask(CSS, { "if-none-match": theirs }, method));
      assert.equal(found.status, status);
      assert.equal(found.headers.get("etag"), '"1"');
      assert.equal(found.headers.get("cache-control"), "max-age=9");
      assert.equal(found.headers.get("content-length"), status === 304 ? null : "4");
      assert.equal(await found.text(), status === 304 || method === "HEAD" ? "" : "body");
    }
  });
}

test("a file without an ETag is never said to be unchanged", () => {
  const found = keeping(file({ headers: {} })).find(ask(CSS, { "if-none-match": "*" }));
  assert.equal(found.status, 200);
});

test("a compressed one is decoded each time", async () => {
  const body = new Uint8Array(gzipSync("as it was"));
  const answers = keeping(file({ body, headers: { "content-encoding": "gzip" } }));
  for (let times = 0; times < 2; times++) {
    assert.equal(await answers.find(ask()).text(), "as it was");
  }
});

test("what was not asked for longest is forgotten when there is too much", () => {
  const answers = new StaticAnswers();
  const body = new Uint8Array(3 * 1024 * 1024);
  const url = (number) => ask(`${CSS}?${number}`);
  for (let number = 0; number < 5; number++) answers.keep(url(number), file({ body }));
  answers.find(url(0));
  // Again, which takes no more room.
  answers.keep(url(0), file({ body }));
  answers.keep(url(5), file({ body }));
  const found = [0, 1, 2, 3, 4, 5].filter((number) => answers.find(url(number)));
  assert.deepEqual(found, [0, 2, 3, 4, 5]);
});
