/** Files of the person's that are saved as one Blob, and what was changed in them. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { keysOf, openStore } = await importWorkerModule("shell/shared/saved-store.js");
const { readFiles, readInstance } = await importWorkerModule("shell/shared/saved-contents.js");
const { withBases } = await importWorkerModule("shell/worker/sources/opened-bases.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");
const { sweep } = await importWorkerModule("shell/worker/storage/generations.js");
const { LocalBase } = await importWorkerModule("shell/worker/storage/local-base.js");
const { own } = await importWorkerModule("shell/worker/storage/ownership.js");
const { Saver } = await importWorkerModule("shell/worker/storage/saver.js");
const { canStoreBlobs } = await importWorkerModule("shell/worker/storage/saved-bases.js");
const { setAside } = await importWorkerModule("shell/worker/storage/set-aside.js");
const { newRecord, removeInstance } = await importWorkerModule(
  "shell/worker/storage/store-changes.js",
);
const { StoredBlocks } = await importWorkerModule("shell/worker/storage/stored-blocks.js");

const { FS } = await loadPyodide();
// Without Web Locks, work goes ahead without them.
globalThis.navigator ??= { userAgent: "Node" };
const PATH = "databases/x.db";
const SIZE = 20 * BLOCK_SIZE + 100;

let worlds = 0;

/** A file each of whose blocks begins with its number. */
function someFile() {
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += BLOCK_SIZE) bytes[at] = at / BLOCK_SIZE;
  return new File([bytes], "mine.db");
}

/** A run of an instance, as a worker has it. */
class Run {
  /** How often it opens the store before it stops. */
  opensStore = Infinity;
  onStop = () => {};

  static async start(store, cached = undefined) {
    const run = new Run();
    run.store = store;
    run.mount = `/local-${++worlds}`;
    const { owner, found } = await own(store, "k");
    const stored = new StoredBlocks(async () => store, found?.generation);
    run.files = new WatchedFiles(FS, run.mount, () => {}, { stored, cached });
    if (found) {
      run.files.fill(withBases(await readFiles(store, found.generation), found.generation));
    }
    const record = found ?? newRecord("k", [], owner);
    const openStore = async () => {
      if (run.opensStore-- > 0) return store;
      run.onStop();
      return new Promise(() => {});
    };
    run.saver = new Saver(openStore, run.files, record, () => {});
    if (!found) {
      FS.writeFile(`${run.mount}/state.json`, "{}");
      await run.saver.begin();
    }
    return run;
  }

  /** As a drop does it: the file becomes a database in one step. */
  add(file = someFile()) {
    FS.mkdirTree(`${this.mount}/incoming`);
    FS.mkdirTree(`${this.mount}/databases`);
    this.files.attach(`${this.mount}/incoming/1`, LocalBase.of(file));
    FS.rename(`${this.mount}/incoming/1`, `${this.mount}/${PATH}`);
  }

  /** Write the bytes at a place, loading what that needs. */
  async write(position, bytes, path = PATH) {
    const stream = FS.open(`${this.mount}/${path}`, "r+");
    await this.#repeated(() => FS.write(stream, bytes, 0, bytes.length, position));
    FS.close(stream);
  }

  async read(position, length, path = PATH) {
    const bytes = new Uint8Array(length);
    const stream = FS.open(`${this.mount}/${path}`, "r");
    await this.#repeated(() => FS.read(stream, bytes, 0, length, position));
    FS.close(stream);
    return [...bytes];
  }

  async #repeated(work) {
    const { pager } = this.files;
    const step = pager.step();
    for (;;) {
      pager.begin();
      try {
        work();
        pager.end();
        return pager.finish(step);
      } catch (error) {
        if (!pager.isMissing) throw error;
      }
      await pager.load(step, Infinity);
    }
  }

  save() {
    return this.saver.save();
  }

  bases() {
    return this.store.count("bases");
  }
}

const newStore = () => openStore(new URL(`https://site.example/local-${++worlds}/`));

test("a saved file is read from the store's copy after a restart, with its changes", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.save();
  await run.write(3 * BLOCK_SIZE + 5, new Uint8Array([77]));
  await run.save();
  assert.equal(
    await store.count("blocks", keysOf((await store.get("instances", "k")).generation, PATH)),
    1,
  );
  const again = await Run.start(store);
  assert.equal(FS.stat(`${again.mount}/${PATH}`).size, SIZE);
  assert.deepEqual(await again.read(3 * BLOCK_SIZE, 6), [3, 0, 0, 0, 0, 77]);
  assert.deepEqual(await again.read(19 * BLOCK_SIZE, 1), [19]);
});

test("what is exported is the file with its changes, at its present size", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.write(2 * BLOCK_SIZE, new Uint8Array([1, 2]));
  await run.write(SIZE, new Uint8Array(BLOCK_SIZE).fill(9));
  await run.save();
  const { files } = await readInstance(store, "k", (path) => path === PATH);
  const bytes = new Uint8Array(await files[0].content.arrayBuffer());
  assert.equal(bytes.length, SIZE + BLOCK_SIZE);
  assert.deepEqual([...bytes.subarray(2 * BLOCK_SIZE, 2 * BLOCK_SIZE + 2)], [1, 2]);
  assert.deepEqual([bytes[5 * BLOCK_SIZE], bytes[SIZE - 1], bytes[SIZE]], [5, 0, 9]);
});

test("what was cut off does not come back when the file grows again", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.save();
  FS.truncate(`${run.mount}/${PATH}`, 5 * BLOCK_SIZE + 1);
  await run.save();
  await run.write(9 * BLOCK_SIZE + 1, new Uint8Array([8]));
  await run.save();
  const { files } = await readInstance(store, "k", (path) => path === PATH);
  const bytes = new Uint8Array(await files[0].content.arrayBuffer());
  const firsts = [4, 5, 6, 8, 9].map((index) => bytes[index * BLOCK_SIZE]);
  assert.deepEqual(firsts, [4, 5, 0, 0, 0]);
  assert.equal(bytes.length, 9 * BLOCK_SIZE + 2);
});

test("a worker that stops before the file counts leaves no copy behind", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  run.opensStore = 1; // for the copy
  const stopped = new Promise((resolve) => (run.onStop = resolve));
  run.save();
  await stopped;
  assert.equal(await run.bases(), 1);
  await Run.start(store);
  assert.equal(await run.bases(), 0);
});

test("the copy goes with the database, and with the workspace", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.save();
  assert.equal(await run.bases(), 1);
  FS.unlink(`${run.mount}/${PATH}`);
  await run.save();
  assert.equal(await run.bases(), 0);
  run.add();
  await run.save();
  await removeInstance(store, "k");
  assert.equal(await run.bases(), 0);
});

test("a file that is removed while it is copied leaves no copy behind", async () => {
  for (const others of [false, true]) {
    const store = await newStore();
    const run = await Run.start(store);
    run.add();
    let copied = 0;
    run.saver.onProgress = (/** @type {number} */ done, /** @type {number} */ total) => {
      copied = total;
      if (done !== 0) return;
      FS.unlink(`${run.mount}/${PATH}`);
      if (others) FS.writeFile(`${run.mount}/databases/y.db`, "other");
    };
    await run.save();
    assert.equal(copied, SIZE);
    assert.equal(await run.bases(), 0);
  }
});

test("copies of generations that do not count are swept away", async () => {
  const store = await newStore();
  await store.put("bases", new Blob(["x"]), ["stray", "id", 0]);
  await sweep(store);
  assert.equal(await store.count("bases"), 0);
});

test("a database that is set aside keeps its copy", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.write(BLOCK_SIZE, new Uint8Array([5]));
  await run.save();
  await setAside(store, "k", PATH, true);
  const again = await Run.start(store);
  assert.equal(await again.bases(), 1);
  assert.deepEqual(await again.read(BLOCK_SIZE, 1, "set-aside/x.db"), [5]);
});

test("a database that was renamed has its changes after a restart", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.write(BLOCK_SIZE, new Uint8Array([5]));
  await run.save();
  const again = await Run.start(store);
  const [from, to] = [`${again.mount}/${PATH}`, `${again.mount}/databases/y.db`];
  assert.throws(() => FS.rename(from, to), "its blocks are not in memory");
  await again.files.pager.gather(from);
  FS.rename(from, to);
  await again.save();
  const last = await Run.start(store);
  assert.deepEqual(await last.read(BLOCK_SIZE, 1, "databases/y.db"), [5]);
  assert.deepEqual(await last.read(7 * BLOCK_SIZE, 1, "databases/y.db"), [7]);
  assert.equal(await store.count("bases"), 1);
});

test("a file whose copy is not in the store yet is not read from there", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  const { pager } = run.files;
  const path = `${run.mount}/${PATH}`;
  run.add();
  assert.equal(await pager.savedCopy(path), undefined);
  await run.save();
  assert.equal((await pager.savedCopy(path)).size, SIZE);
});

test("a file that has taken another's place is not sent as that one", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  const { pager } = run.files;
  const path = `${run.mount}/${PATH}`;
  run.add();
  await run.save();
  FS.unlink(path);
  run.add(new File([new Uint8Array(3 * BLOCK_SIZE)], "other.db"));
  assert.equal(await pager.savedCopy(path), undefined);
  run.files.take(); // as by a save that is in progress
  assert.equal(await pager.savedCopy(path), undefined);
});

test("an export has a file that was added after it began", async () => {
  const store = await newStore();
  const run = await Run.start(store);
  run.add();
  await run.save();
  let before = 1;
  const inBetween = {
    get: (...place) => store.get(...place),
    getAll: async (...place) => (before-- > 0 ? [] : store.getAll(...place)),
    transaction: (...names) => store.transaction(...names),
  };
  const { files } = await readInstance(inBetween, "k", (path) => path === PATH);
  assert.equal(files[0].content.size, SIZE);
});

test("whether the browser stores Blobs is found out without storing any", async () => {
  const store = await newStore();
  assert.equal(await canStoreBlobs(store), true);
  assert.equal(await store.count("bases"), 0);
});

test("a browser that refuses Blobs is known, and the store can still be used", async (context) => {
  const store = await newStore();
  const { put } = globalThis.IDBObjectStore.prototype;
  context.mock.method(globalThis.IDBObjectStore.prototype, "put", function (value, ...key) {
    // As WebKit does in a private window.
    if (value instanceof Blob) throw new DOMException("No Blobs.", "DataCloneError");
    return put.call(this, value, ...key);
  });
  assert.equal(await canStoreBlobs(store), false);
  await store.put("files", { size: 1 }, ["g", "x"]);
  assert.equal(await store.count("files"), 1);
});

test("a large database that was made here is forgotten once it is saved, a small one is not", async () => {
  const store = await newStore();
  const run = await Run.start(store, 4 * BLOCK_SIZE);
  FS.mkdirTree(`${run.mount}/incoming`);
  FS.mkdirTree(`${run.mount}/databases`);
  const make = (name, blocks) => {
    const bytes = new Uint8Array(blocks * BLOCK_SIZE);
    for (let index = 0; index < blocks; index++) bytes[index * BLOCK_SIZE] = 1 + index;
    FS.writeFile(`${run.mount}/incoming/1.import`, bytes);
    FS.rename(`${run.mount}/incoming/1.import`, `${run.mount}/databases/${name}`);
  };
  make("large.db", 12);
  make("small.db", 3);
  const isForgotten = (name) => run.files.pager.has(`${run.mount}/databases/${name}`);
  assert.deepEqual([isForgotten("large.db"), isForgotten("small.db")], [false, false]);
  await run.save();
  assert.deepEqual([isForgotten("large.db"), isForgotten("small.db")], [true, false]);
  assert.deepEqual(await run.read(2 * BLOCK_SIZE, 1, "databases/large.db"), [3]);
  await run.write(2 * BLOCK_SIZE + 1, new Uint8Array([99]), "databases/large.db");
  await run.save();
  const again = await Run.start(store);
  assert.deepEqual(await again.read(2 * BLOCK_SIZE, 2, "databases/large.db"), [3, 99]);
  assert.deepEqual(await again.read(11 * BLOCK_SIZE, 1, "databases/large.db"), [12]);
});

test("a database that must stay in memory does so", async () => {
  const store = await newStore();
  const run = await Run.start(store, BLOCK_SIZE);
  FS.mkdirTree(`${run.mount}/incoming`);
  FS.writeFile(`${run.mount}/incoming/1.import`, new Uint8Array(5 * BLOCK_SIZE));
  FS.mkdirTree(`${run.mount}/databases`);
  FS.rename(`${run.mount}/incoming/1.import`, `${run.mount}/${PATH}`);
  await run.files.pager.makeWhole(`${run.mount}/${PATH}`);
  await run.save();
  assert.equal(run.files.pager.has(`${run.mount}/${PATH}`), false);
});
