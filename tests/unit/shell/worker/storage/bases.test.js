/** Files with a base in the store: not all of their blocks are there. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { openStore } = await importWorkerModule("shell/shared/saved-store.js");
const { readFiles, readInstance } = await importWorkerModule("shell/shared/saved-contents.js");
const { StoredBlocks } = await importWorkerModule("shell/worker/storage/stored-blocks.js");
const { change, newRecord, putChanges } = await importWorkerModule(
  "shell/worker/storage/store-changes.js",
);
const { setAside } = await importWorkerModule("shell/worker/storage/set-aside.js");
const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");

const REMOTE = {
  ...{ kind: "remote", url: "https://a.example/x.db", etag: '"1"', lastModified: "", head: "" },
  ...{ size: 10 ** 10, end: 10 ** 10 },
};

let sites = 0;

/** A store with the file databases/x.db, two of whose blocks are changed. */
async function saved(base) {
  const store = await openStore(new URL(`https://site.example/${++sites}/`));
  const blocks = [7, 250].map((index) => [index, new Uint8Array(BLOCK_SIZE).fill(index)]);
  const file = { path: "databases/x.db", size: base.size, before: 0, blocks, base };
  await change(store, (transaction, ask) => {
    putChanges(transaction, ask, "g", { removed: [], files: [file] });
    const record = { ...newRecord("k", [], ""), generation: "g" };
    ask(transaction.objectStore("instances").put(record));
  });
  return store;
}

test("a file on a host is not exported, and the error says where it is", async () => {
  const store = await saved(REMOTE);
  await assert.rejects(readInstance(store, "k"), /x\.db is read from https:\/\/a\.example\/x\.db/);
  const { files } = await readInstance(store, "k", (path) => path === "other");
  assert.deepEqual(files, []);
});

test("a database is set aside with its base and each block in its place", async () => {
  const store = await saved(REMOTE);
  await setAside(store, "k", "databases/x.db", true);
  const files = await readFiles(store, "g");
  assert.deepEqual([...files.keys()], ["set-aside/x.db"]);
  const { saved: indexes, base } = files.get("set-aside/x.db");
  assert.deepEqual(indexes, [7, 250]);
  const blocks = await new StoredBlocks(async () => store, "g").read("set-aside/x.db", indexes);
  assert.equal(blocks.get(250)[0], 250);
  assert.deepEqual(base, REMOTE);
});
