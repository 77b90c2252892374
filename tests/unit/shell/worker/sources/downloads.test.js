import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { fetchSources, hasChanged } = await importWorkerModule("shell/worker/sources/downloads.js");
const { sha256 } = await importWorkerModule("shell/shared/hash.js");

const URL = "https://a.test/data.csv";
const plainFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = plainFetch;
});

/** Have fetch() answer with a stream of chunks, and count those that were read. */
function answerWith(chunks, headers = {}) {
  const read = { chunks: 0, isCancelled: false };
  const iterator = chunks[Symbol.iterator]();
  globalThis.fetch = async () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          const { value, done } = iterator.next();
          if (done) return controller.close();
          read.chunks += 1;
          controller.enqueue(value);
        },
        cancel() {
          read.isCancelled = true;
        },
      }),
      { headers },
    );
  return read;
}

const DATA = new TextEncoder().encode("a,b\n1,2\n");
const SOURCE = { parameter: "csv", url: URL, etag: "", lastModified: "", loadedAt: 1 };
const LOADED = { ...SOURCE, size: DATA.length, sha256: await sha256(DATA) };

/** Chunks without end. */
function* endless() {
  for (;;) yield new Uint8Array(1024);
}

test("an answer without end has changed, and is not read on", { timeout: 20_000 }, async () => {
  const read = answerWith(endless());
  assert.equal(await hasChanged(LOADED), true);
  assert.ok(read.chunks < 5 && read.isCancelled);
});

test("an answer that says it is larger is not read", async () => {
  const read = answerWith(endless(), { "content-length": "999999" });
  assert.equal(await hasChanged(LOADED), true);
  assert.ok(read.chunks < 5 && read.isCancelled);
});

for (const [what, text, changed] of [
  ["the same", "a,b\n1,2\n", false],
  ["of the same size", "a,b\n1,3\n", true],
  ["shorter", "a,b\n", true],
  ["longer by a byte", "a,b\n1,2\n\n", true],
  ["empty", "", true],
]) {
  test(`without validators the contents count: ${what}`, async () => {
    answerWith(text ? [new TextEncoder().encode(text)] : []);
    assert.equal(await hasChanged(LOADED), changed);
  });
}

test("without a hash the size counts", async () => {
  answerWith([new TextEncoder().encode("a,b\n1,3\n")]);
  assert.equal(await hasChanged({ ...LOADED, sha256: "" }), false);
});

test("a database with a journal beside it is fetched as a whole", async () => {
  const bytes = Buffer.alloc(65536 * 2);
  bytes.write("SQLite format 3\0");
  globalThis.fetch = async (input, init) => {
    const range = new Request(input, init).headers.get("range");
    if (!range) return new Response(bytes);
    const headers = { "content-range": `bytes 0-65535/${bytes.length}`, etag: '"1"' };
    return new Response(bytes.subarray(0, 65536), { status: 206, headers });
  };
  const sources = ["a.db", "b.db", "b.db-wal"].map((name) => ({
    parameter: "url",
    value: `https://a.test/${name}`,
    options: { range: true },
  }));
  const downloads = fetchSources(sources, new globalThis.URL("https://site.test/"), () => {});
  const [alone, together] = await Promise.all(downloads.map((download) => download.bytes));
  assert.equal(alone instanceof Uint8Array, false);
  assert.equal(together.length, bytes.length);
});
