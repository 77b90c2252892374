/** Tests of shell/worker/storage/saver.js: which responses wait for a save. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openStore } from "../../../../../shell/shared/saved-store.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { Saver } = await importWorkerModule("shell/worker/storage/saver.js");
const { newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");

/** A saver of files with one change, and what happens while it opens the store to save that. */
async function saving() {
  const store = await openStore(new URL("http://localhost/saver/"));
  const record = { ...newRecord("k", [], ""), generation: "g" };
  await store.put("instances", record);
  const files = {
    ...{ writes: 0, changed: true, changedBytes: 1, bases: [], size: 0 },
    ...{ take: () => ({ removed: [], files: [], bytes: 0 }), counts: { files: 0, blocks: 0 } },
    ...{ settle() {}, giveBack() {} },
  };
  /** @type {() => void} */
  let open = () => {};
  const opened = new Promise((resolve) => (open = () => resolve(store)));
  /** @type {Saver} */
  let saver;
  const opening = new Promise((resolve) => {
    const opener = () => {
      resolve(undefined);
      return opened;
    };
    saver = new Saver(opener, files, record, () => {});
  });
  return { saver, files, opening, open };
}

test("a response that may show a change waits for it, from the moment its save begins", async () => {
  const { saver, files, opening, open } = await saving();
  const writing = await saver.beginRequest({});
  files.writes += 1;
  const saved = writing.settle();
  await opening;
  const reading = await saver.beginRequest({ onlyReads: true });
  let leaves = false;
  const left = reading.settle().then(() => (leaves = true));
  await setImmediate();
  assert.equal(leaves, false, "the response shows a change that may be lost");
  open();
  await saved;
  await left;
});

test("a workspace to which files were only added is not one that was changed", async () => {
  const { saver, files, open } = await saving();
  open();
  files.take = () => ({
    ...{ removed: [], bytes: 1 },
    files: [{ path: "databases/data.db", size: 0, before: 0, blocks: [], node: {} }],
  });
  const write = async (/** @type {object} */ request) => {
    const writing = await saver.beginRequest(request);
    files.writes += 1;
    await writing.settle();
    return [saver.record.edited, saver.record.onlyAdded];
  };
  assert.deepEqual(await write({ adds: true }), [true, true]);
  assert.deepEqual(await write({ adds: true }), [true, true]);
  assert.deepEqual(await write({}), [true, false]);
  assert.deepEqual(await write({ adds: true }), [true, false]);
});
