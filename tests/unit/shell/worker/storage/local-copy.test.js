/** Copies of databases on hosts that take their place, and what is there if that is interrupted. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { openStore } = await importWorkerModule("shell/shared/saved-store.js");
const { readFiles, readInstance } = await importWorkerModule("shell/shared/saved-contents.js");
const { withBases } = await importWorkerModule("shell/worker/sources/opened-bases.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");
const { own } = await importWorkerModule("shell/worker/storage/ownership.js");
const { Saver } = await importWorkerModule("shell/worker/storage/saver.js");
const { newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");
const { StoredBlocks } = await importWorkerModule("shell/worker/storage/stored-blocks.js");

const { FS } = await loadPyodide();
// Without Web Locks, work goes ahead without them.
globalThis.navigator ??= { userAgent: "Node" };
const PATH = "databases/x.db";
/** More than two pieces of a copy. */
const SIZE = 300 * BLOCK_SIZE + 100;

let worlds = 0;

/** A file on a host, each of whose blocks begins with its number. */
class HostBase {
  isNear = false;
  size = SIZE;
  description = {
    ...{ kind: "remote", url: "https://host.example/files/x.db", size: SIZE },
    ...{ etag: '"1"', lastModified: "", head: "" },
  };
  onRead = async () => {};
  verify = async () => {};

  async read(start, end) {
    await this.onRead(start);
    const bytes = new Uint8Array(end - start);
    for (let at = start; at < end; at += BLOCK_SIZE) bytes[at - start] = at / BLOCK_SIZE;
    return bytes;
  }
}

/** A run of an instance, as a worker has it. */
async function start(store, base) {
  const mount = `/copies-${++worlds}`;
  const { owner, found } = await own(store, "k");
  const stored = new StoredBlocks(async () => store, found?.generation);
  const files = new WatchedFiles(FS, mount, () => {}, { stored });
  if (found) files.fill(withBases(await readFiles(store, found.generation), found.generation));
  const record = found ?? { ...newRecord("k", [], owner), refetchable: true };
  const saver = new Saver(
    async () => store,
    files,
    record,
    () => {},
  );
  if (!found) {
    FS.mkdirTree(`${mount}/databases`);
    files.attach(`${mount}/${PATH}`, base);
    FS.writeFile(`${mount}/state.json`, "{}");
    await saver.begin();
  }
  return { mount, files, saver };
}

/** Change a whole block, which needs nothing of the base. */
function change({ mount }, index, value) {
  const stream = FS.open(`${mount}/${PATH}`, "r+");
  FS.write(stream, new Uint8Array(BLOCK_SIZE).fill(value), 0, BLOCK_SIZE, index * BLOCK_SIZE);
  FS.close(stream);
}

async function firstBytes(store, ...indexes) {
  const { files } = await readInstance(store, "k");
  const { content } = files.find(({ path }) => path === PATH);
  assert.equal(content.size, SIZE);
  const bytes = new Uint8Array(await content.arrayBuffer());
  return indexes.map((index) => bytes[index * BLOCK_SIZE]);
}

const newStore = () => openStore(new URL(`https://site.example/copies-${++worlds}/`));
const unwatched = { onProgress: () => {}, check: () => {} };

test("a copy takes the place of the file on the host, with the changes made here", async () => {
  const store = await newStore();
  const run = await start(store, new HostBase());
  change(run, 3, 99);
  await run.saver.save();
  await assert.rejects(firstBytes(store, 0), /block by block/);
  const progress = [];
  const onProgress = (done, total) => progress.push([done, total]);
  await run.saver.keepCopy(PATH, { ...unwatched, onProgress });
  assert.deepEqual(progress[0], [0, SIZE]);
  assert.deepEqual(progress.at(-1), [SIZE, SIZE]);
  assert.deepEqual(await firstBytes(store, 2, 3, 200), [2, 99, 200]);
  // Changes go on from there, in this run and in the next one.
  change(run, 5, 98);
  await run.saver.save();
  const next = await start(store);
  change(next, 6, 97);
  await next.saver.save();
  assert.deepEqual(await firstBytes(store, 3, 5, 6, 7), [99, 98, 97, 7]);
  const { instance } = await readInstance(store, "k");
  assert.equal(instance.refetchable, false);
  assert.ok(instance.size >= SIZE);
});

test("what is saved while a copy is made is saved, and the copy too", async () => {
  const store = await newStore();
  const base = new HostBase();
  const run = await start(store, base);
  let saves = 0;
  base.onRead = async (at) => {
    if (at < SIZE / 2 || saves++ > 0) return;
    change(run, 4, 50);
    FS.writeFile(`${run.mount}/gone`, "x");
    await run.saver.save();
    FS.unlink(`${run.mount}/gone`);
    await run.saver.save(); // which deletes copies that no file needs
  };
  await run.saver.keepCopy(PATH, unwatched);
  assert.deepEqual(await firstBytes(store, 0, 4, 299), [0, 50, 299 % 256]);
});

test("a copy that is cancelled or breaks off leaves nothing, and changes nothing", async () => {
  const store = await newStore();
  const base = new HostBase();
  const run = await start(store, base);
  const stop = (/** @type {string} */ message) => () => {
    throw new Error(message);
  };
  let looks = 0;
  const check = () => ++looks > 1 && stop("enough")();
  await assert.rejects(run.saver.keepCopy(PATH, { ...unwatched, check }), /No copy/);
  base.onRead = async (at) => at > SIZE / 2 && stop("broken")();
  await assert.rejects(run.saver.keepCopy(PATH, unwatched), /No copy/);
  base.onRead = async () => {};
  base.verify = async () => stop("changed")();
  await assert.rejects(run.saver.keepCopy(PATH, unwatched), /No copy/);
  assert.equal(await store.count("bases"), 0);
  change(run, 4, 50);
  await run.saver.save();
  assert.equal(run.files.onHost(PATH).base, base);
});

test("a copy of a file that is removed meanwhile does not bring it back", async () => {
  const store = await newStore();
  const base = new HostBase();
  const run = await start(store, base);
  base.verify = async () => FS.unlink(`${run.mount}/${PATH}`);
  await assert.rejects(run.saver.keepCopy(PATH, unwatched), /nothing to download|deleted/);
  await run.saver.save();
  const { files } = await readInstance(store, "k");
  assert.deepEqual(
    files.map(({ path }) => path),
    ["state.json"],
  );
  assert.equal(await store.count("bases"), 0);
});

test("a worker that is stopped while a copy is made leaves the workspace as it was", async () => {
  const store = await newStore();
  const base = new HostBase();
  const run = await start(store, base);
  change(run, 4, 50);
  await run.saver.save();
  const stopped = new Promise((resolve) => {
    base.onRead = (at) => (at > SIZE / 2 ? new Promise(resolve) : Promise.resolve());
  });
  void run.saver.keepCopy(PATH, unwatched);
  await stopped;
  assert.ok((await store.count("bases")) > 0);
  const next = await start(store);
  assert.equal(await store.count("bases"), 0);
  assert.equal(next.files.onHost(PATH).base.description.kind, "remote");
});
