/**
 * Workers that save side by side, in thousands of orders, with kills and without room: everything that
 * was acknowledged is saved, once; what is saved is whole; nothing is left over.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { found, importCopy, Session, Writes } from "../../../../support/simulated_instance.js";
import { World } from "../../../../support/simulated_workers.js";

console.warn = () => {}; // of what is simulated

const RUNS = Number(process.env.RUNS ?? 100);
const FIRST = Number(process.env.SEED ?? 1);

/** Open an instance and write to it, until something is refused. */
async function use(world, worker, writes, key, { fresh = false, requests = 4, large = 0.2 } = {}) {
  const session = await Session.open(world, worker, writes, key, { fresh });
  const ask = async () => {
    for (let number = world.below(requests + 1); number > 0; number--) {
      await session.request(world.chance(large));
      await world.pause(worker);
    }
  };
  await Promise.allSettled([ask(), ask()]);
  await session.close();
}

/** Check what is left when all is over. */
async function check(world, writes, { mayVanish = () => false } = {}) {
  const { instances, strays } = await found(world, writes);
  assert.deepEqual(strays, [], "parts of generations are left that do not count");
  for (const { log, files, expected, surplus, key } of instances) {
    assert.equal(surplus, 0, `blocks of ${key} are left that no file has`);
    assert.equal(new Set(log).size, log.length, `a write to ${key} is there twice: ${log}`);
    assert.ok(expected, `${key} was never like that: ${log}`);
    assert.deepEqual([...files.keys()].sort(), [...expected.keys()].sort());
    for (const [path, bytes] of expected) {
      assert.equal(Buffer.compare(files.get(path), bytes), 0, `${path} of ${key} differs`);
    }
  }
  for (const { write, key, origin, at } of writes.acknowledged) {
    const saved = instances.find((instance) => instance.key === key);
    assert.ok(saved || mayVanish(key), `${key} is gone, though ${write} was acknowledged`);
    if (!saved) continue;
    if (saved.log[0] === origin) assert.ok(saved.log.includes(write), `${write} was lost`);
    // Loaded again from its sources, which throws away what was written before.
    else assert.ok(at <= writes.origins.get(saved.log[0]), `${write} was lost to a reload`);
  }
  return instances;
}

/** A test of many worlds; a failure names the seed of its world (SEED=… RUNS=1 repeats it). */
function inManyOrders(name, simulate) {
  test(name, async () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      try {
        await simulate(new World(seed), new Writes());
      } catch (error) {
        error.message = `SEED=${seed}: ${error.message}`;
        throw error;
      }
    }
  });
}

inManyOrders("a version and the next first save side by side", async (world, writes) => {
  world.begin((worker) => use(world, worker, writes, "a"));
  world.begin((worker) => use(world, worker, writes, "b"));
  await world.run();
  const saved = await check(world, writes);
  assert.equal(saved.length, 2, "an instance was not saved");
});

inManyOrders("workers that open the same instance, and are killed", async (world, writes) => {
  world.begin((worker) => use(world, worker, writes, "a"));
  await world.run();
  for (let number = 0; number < 3; number++) {
    const fresh = world.chance(0.3);
    world.begin((worker) => use(world, worker, writes, "a", { fresh }), { mortality: 0.01 });
  }
  await world.run();
  await check(world, writes);
  world.begin((worker) => use(world, worker, writes, "a"));
  await world.run();
  await check(world, writes);
});

inManyOrders("a worker that now and then has no room", async (world, writes) => {
  world.begin((worker) => use(world, worker, writes, "a"));
  await world.run();
  world.shortage = 0.08;
  world.begin((worker) => use(world, worker, writes, "a", { large: 0.5 }));
  world.begin((worker) => use(world, worker, writes, "b", { large: 0.5 }));
  await world.run();
  world.shortage = 0;
  await check(world, writes);
});

inManyOrders("a copy that is taken in while others save and sweep", async (world, writes) => {
  world.begin((worker) => use(world, worker, writes, "a", { large: 0.8 }));
  await world.run();
  let isSaved = false;
  world.begin(async (worker) => {
    const session = await Session.open(world, worker, writes, "a");
    await importCopy(session, "copy");
    isSaved = true;
    await session.close();
  });
  world.begin((worker) => use(world, worker, writes, "b"), { mortality: 0.01 });
  world.begin((worker) => use(world, worker, writes, "c"), { mortality: 0.01 });
  await world.run();
  const saved = await check(world, writes);
  assert.ok(isSaved && saved.some(({ key }) => key === "copy"), "it was not saved");
});
