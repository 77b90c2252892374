/** Deletions of saved instances that can be undone for a while (shell/worker/storage/store-changes.js). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { found, Session, Writes } from "../../../../support/simulated_instance.js";
import { World } from "../../../../support/simulated_workers.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { bringBackInstance, removeInstance } = await importWorkerModule(
  "shell/worker/storage/store-changes.js",
);
const { sweep } = await importWorkerModule("shell/worker/storage/generations.js");
const { generationLock, holdIfFree } = await importWorkerModule("shell/shared/locks.js");

/** A world in which `key` is saved with three writes. */
async function savedWorld(key) {
  const world = new World(1);
  const writes = new Writes();
  await work(world, (worker) => use(world, worker, writes, key, 3));
  return { world, writes };
}

async function use(world, worker, writes, key, requests) {
  const session = await Session.open(world, worker, writes, key);
  await session.firstSave;
  for (let number = 0; number < requests; number++) await session.request();
  await session.close();
}

/** Let a worker do something, and others whatever that leads to. */
async function work(world, task) {
  const worker = world.begin(task);
  await world.run();
  if (worker.error) throw worker.error;
  return worker;
}

/** Delete an instance as a page does that offers to undo it, and then do something. */
async function deleteAnd(world, key, next) {
  await work(world, async (worker) => {
    const store = await worker.openStore();
    const { generation } = await store.get("instances", key);
    const release = await holdIfFree(generationLock(generation));
    const record = await removeInstance(store, key, generation);
    // Any other worker that starts sweeps.
    const other = world.begin(async (another) => sweep(await another.openStore()));
    await other.ended;
    await next({ worker, store, record, release });
  });
}

test("it comes back as it was, though other workers have swept meanwhile", async () => {
  const { world, writes } = await savedWorld("mine");
  await deleteAnd(world, "mine", async ({ store, record, release }) => {
    assert.equal(await store.get("instances", "mine"), undefined);
    assert.equal(await bringBackInstance(store, record), true);
    assert.equal(await bringBackInstance(store, record), true, "asked a second time");
    release();
  });
  const { instances } = await found(world, writes);
  assert.equal(instances[0].log.length, 1 + 3);
  assert.deepEqual(instances[0].files, instances[0].expected);
});

test("it stays deleted once whatever offered to undo that has ended", async () => {
  const { world, writes } = await savedWorld("mine");
  let deleted;
  await deleteAnd(world, "mine", async ({ worker, record }) => {
    deleted = record;
    worker.kill();
  });
  const { instances, strays } = await found(world, writes);
  assert.deepEqual(instances, []);
  assert.deepEqual(strays, [], "all of it is gone");
  await work(world, async (worker) => {
    assert.equal(await bringBackInstance(await worker.openStore(), deleted), false);
  });
});

test("it does not replace what was opened under its key meanwhile", async () => {
  const { world, writes } = await savedWorld("mine");
  await deleteAnd(world, "mine", async ({ store, record, release }) => {
    const other = world.begin((another) => use(world, another, writes, "mine", 1));
    await other.ended;
    assert.equal(await bringBackInstance(store, record), false);
    release();
  });
  const { instances } = await found(world, writes);
  assert.equal(instances[0].log.length, 1 + 1);
});

test("only what was to be spared is spared", async () => {
  const { world, writes } = await savedWorld("mine");
  await work(world, async (worker) => {
    const store = await worker.openStore();
    assert.equal(await removeInstance(store, "mine", "another generation"), undefined);
    assert.equal(await store.count("blocks"), 0);
  });
  assert.deepEqual((await found(world, writes)).instances, []);
});
