/** Blocks that were read from a host can be read again without it. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { openStore } = await importWorkerModule("shell/shared/saved-store.js");
const { HostBlocks } = await importWorkerModule("shell/worker/storage/host-blocks.js");
const { dropBases } = await importWorkerModule("shell/worker/storage/saved-bases.js");

const SIZE = 10 * BLOCK_SIZE + 100;
let worlds = 0;

/** A file on a host, each of whose blocks begins with its number. */
class HostBase {
  isNear = false;
  size = SIZE;
  isReachable = true;
  reads = [];
  verify = async () => {};

  constructor(version = { etag: '"1"' }) {
    const place = { kind: "remote", url: "https://host.example/x.db", size: SIZE };
    this.description = { ...place, etag: "", lastModified: "", head: "", ...version };
  }

  async read(start, end) {
    if (!this.isReachable) throw new Error("unreachable");
    this.reads.push([start / BLOCK_SIZE, Math.ceil(end / BLOCK_SIZE)]);
    const bytes = new Uint8Array(end - start);
    for (let at = start; at < end; at += BLOCK_SIZE) bytes[at - start] = 1 + at / BLOCK_SIZE;
    return bytes;
  }
}

const newStore = () => openStore(new URL(`https://site.example/hosts-${++worlds}/`));

/** Blocks as a run of a workspace has them. */
function blocksIn(store, generation = "g", most = undefined) {
  const blocks = new HostBlocks(async () => store, most);
  blocks.generation = generation;
  return blocks;
}

async function firstBytes(blocks, base, first, end) {
  const bytes = await blocks.read(base, first, end);
  assert.equal(bytes.length, Math.min(end * BLOCK_SIZE, SIZE) - first * BLOCK_SIZE);
  return Array.from({ length: end - first }, (_, at) => bytes[at * BLOCK_SIZE]);
}

test("blocks that were read are there in the next run, without the host", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  const base = new HostBase();
  assert.deepEqual(await firstBytes(run, base, 2, 5), [3, 4, 5]);
  assert.deepEqual(await firstBytes(run, base, 10, 11), [11]);
  await run.settled();
  base.isReachable = false;
  const next = blocksIn(store);
  assert.deepEqual(await firstBytes(next, base, 3, 5), [4, 5]);
  assert.deepEqual(await firstBytes(next, base, 10, 11), [11]);
  await assert.rejects(next.read(base, 4, 6), /unreachable/);
});

test("only what is not there is read from the host", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  const base = new HostBase();
  await run.read(base, 3, 5);
  await run.settled();
  assert.deepEqual(await firstBytes(run, base, 1, 7), [2, 3, 4, 5, 6, 7]);
  assert.deepEqual(base.reads, [
    [3, 5],
    [1, 3],
    [5, 7],
  ]);
});

test("what is read before a workspace is saved is stored once it is", async () => {
  const store = await newStore();
  const run = blocksIn(store, "");
  const base = new HostBase();
  await run.read(base, 0, 2);
  await run.settled();
  assert.equal(await store.count("bases"), 0);
  run.generation = "g";
  await run.settled();
  assert.equal(await store.count("bases"), 2);
});

test("blocks of another version are not read", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  await run.read(new HostBase(), 0, 2);
  await run.settled();
  const changed = new HostBase({ etag: '"2"' });
  await run.read(changed, 0, 2);
  assert.deepEqual(changed.reads, [[0, 2]]);
});

test("where a host does not tell its versions apart, nothing is stored", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  await run.read(new HostBase({ head: "00" }), 0, 2);
  await run.settled();
  assert.equal(await store.count("bases"), 0);
});

test("the blocks that have been there longest make room for others", async () => {
  const store = await newStore();
  const run = blocksIn(store, "g", 3);
  const base = new HostBase();
  for (const index of [7, 1, 4, 2]) {
    await run.read(base, index, index + 1);
    await run.settled();
  }
  const keys = await store.getAllKeys("bases");
  assert.deepEqual(
    keys.map(([, , index]) => index),
    [1, 2, 4],
  );
  assert.deepEqual(await firstBytes(run, base, 7, 8), [8]);
});

test("a block that the browser has deleted is read from the host", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  const base = new HostBase();
  await run.read(base, 0, 4);
  await run.settled();
  const [key] = await store.getAllKeys("bases");
  await store.delete("bases", key);
  assert.deepEqual(await firstBytes(run, base, 0, 4), [1, 2, 3, 4]);
});

test("they go when no file needs them", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  const base = new HostBase();
  await run.read(base, 0, 4);
  await run.settled();
  const path = ["g", "databases/x.db"];
  await store.put("files", { size: SIZE, base: { ...base.description, end: SIZE } }, path);
  await dropBases(store, "g");
  assert.equal(await store.count("bases"), 4);
  await store.delete("files", path);
  await dropBases(store, "g");
  assert.equal(await store.count("bases"), 0);
});

test("a store that refuses them does no harm", async () => {
  const store = await newStore();
  const run = blocksIn(store);
  store.close();
  assert.deepEqual(await firstBytes(run, new HostBase(), 0, 2), [1, 2]);
  await run.settled();
});
