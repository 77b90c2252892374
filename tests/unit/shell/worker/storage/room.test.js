/** What is deleted when the browser grants no more room, and what is not. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { found, importCopy, Session, Writes } from "../../../../support/simulated_instance.js";
import { World } from "../../../../support/simulated_workers.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { evicted, whenEvicted } = await importWorkerModule("shell/worker/storage/room.js");
let now = 1e12;
mock.method(Date, "now", () => (now += 1000));
console.warn = () => {}; // of what is simulated

/** Open an instance and close it again, after `requests` that write to it. */
async function visit(world, writes, key, { requests = 0, after = async () => {} } = {}) {
  const worker = world.begin(async (worker) => {
    const session = await Session.open(world, worker, writes, key);
    await session.firstSave;
    for (let number = 0; number < requests; number++) await session.request();
    await after(session);
    await session.close();
  });
  await world.run();
  if (worker.error) throw worker.error;
}

const keys = async (world, writes) =>
  (await found(world, writes)).instances.map(({ key }) => key).sort();

beforeEach(() => evicted.clear());

test("without room, what nobody has changed goes first, least recently used first", async () => {
  const world = new World(1);
  const writes = new Writes();
  const told = [];
  whenEvicted((key) => told.push(key));
  await visit(world, writes, "older");
  await visit(world, writes, "edited", { requests: 1 });
  await visit(world, writes, "newer", { after: (session) => importCopy(session, "imported") });

  world.hasRoom = () => evicted.size >= 1;
  await visit(world, writes, "next", { requests: 2 });
  assert.deepEqual(told, ["older"]);
  world.hasRoom = () => evicted.size >= 2;
  await visit(world, writes, "next", { requests: 2 });
  assert.deepEqual(told, ["older", "newer"]);

  world.hasRoom = () => false;
  await assert.rejects(visit(world, writes, "another"), { name: "NoRoomError" });
  world.hasRoom = () => true;
  assert.deepEqual(await keys(world, writes), ["edited", "imported", "next"]);
});

test("what is open is not deleted, in whichever worker it is", async () => {
  const world = new World(2);
  const writes = new Writes();
  await visit(world, writes, "open", {
    after: async () => {
      const other = world.begin(async (worker) => {
        world.hasRoom = () => false;
        const session = await Session.open(world, worker, writes, "other");
        await session.firstSave.finally(() => (world.hasRoom = () => true));
      });
      await other.ended.catch(() => {});
      assert.equal(other.error?.name, "NoRoomError");
    },
  });
  assert.deepEqual([...evicted], []);
  assert.deepEqual(await keys(world, writes), ["open"]);
});

test("what was changed without its data, such as a stored query, stays", async () => {
  const world = new World(3);
  const writes = new Writes();
  await visit(world, writes, "query", { after: (session) => session.saveQuery() });
  world.hasRoom = () => false;
  await assert.rejects(visit(world, writes, "next"), { name: "NoRoomError" });
  world.hasRoom = () => true;
  assert.deepEqual(await keys(world, writes), ["query"]);
});

test("what was opened without room is saved once there is some", async () => {
  const world = new World(4);
  const writes = new Writes();
  await visit(world, writes, "full", { requests: 1 });
  world.hasRoom = () => false;
  await visit(world, writes, "full", {
    after: async (session) => {
      world.hasRoom = () => true;
      await session.request();
    },
  });
  const { instances } = await found(world, writes);
  assert.equal(instances[0].log.length, writes.count);
});

test("what is opened without room by two is saved by the one who had it", async () => {
  const world = new World(5);
  const writes = new Writes();
  await visit(world, writes, "full", {
    after: async (session) => {
      world.hasRoom = () => false;
      const other = world.begin(async (worker) => {
        const second = await Session.open(world, worker, writes, "full");
        await second.firstSave;
        world.hasRoom = () => true;
        await session.request();
        await second.request();
      });
      await other.ended.catch(() => {});
      assert.equal(other.error?.name, "GoneError");
    },
  });
  const { acknowledged } = writes;
  assert.equal(acknowledged.length, 1);
  const { instances } = await found(world, writes);
  assert.ok(instances[0].log.includes(acknowledged[0].write));
});
