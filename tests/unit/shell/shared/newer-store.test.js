/** Tests of what an older version of the site does where a newer one has saved something. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDB } from "idb";
import { OUTDATED } from "../../../../shell/shared/errors.js";
import { openStore, SCHEMA_VERSION, STATE_FORMAT } from "../../../../shell/shared/saved-store.js";
import { importWorkerModule } from "../../../support/worker_modules.js";

const { claim, newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");

let sites = 0;
const site = () => new URL(`http://localhost/newer-${++sites}/`);

/** @param {unknown} error */
const isOutdated = (error) => {
  assert.ok(error instanceof Error);
  assert.equal(error.name, OUTDATED);
  assert.match(error.message, /A newer version of this site has saved data in this browser/);
  return true;
};

test("a store of a newer form is not opened, and not changed", async () => {
  const root = site();
  const name = `datasette-lite ${root.pathname}`;
  const newer = await openDB(name, SCHEMA_VERSION + 1, {
    upgrade: (store) => void store.createObjectStore("instances", { keyPath: "key" }),
  });
  await newer.put("instances", { key: "k", generation: "of another form" });
  await assert.rejects(openStore(root), isOutdated);
  assert.equal(newer.version, SCHEMA_VERSION + 1);
  assert.deepEqual([...newer.objectStoreNames], ["instances"]);
  assert.deepEqual(await newer.getAll("instances"), [{ key: "k", generation: "of another form" }]);
  newer.close();
});

test("an open store is given up when a newer version changes its form", async () => {
  const root = site();
  let isClosed = false;
  const store = await openStore(root, () => (isClosed = true));
  const newer = await openDB(`datasette-lite ${root.pathname}`, SCHEMA_VERSION + 1);
  assert.ok(isClosed);
  assert.throws(() => store.transaction("instances", "readwrite"));
  await assert.rejects(openStore(root), isOutdated);
  newer.close();
});

test("a workspace that a newer version saved is not taken over", async () => {
  const store = await openStore(site());
  const record = { ...newRecord("k", [], "newer"), generation: "g", format: STATE_FORMAT + 1 };
  await store.put("instances", record);
  await assert.rejects(claim(store, "k", "older"), isOutdated);
  assert.deepEqual(await store.get("instances", "k"), record);
});

test("a store of every earlier form is brought up to date", async () => {
  for (let version = 1; version < SCHEMA_VERSION; version++) {
    const root = site();
    const earlier = await openDB(`datasette-lite ${root.pathname}`, version, {
      upgrade(store) {
        store.createObjectStore("instances", { keyPath: "key" });
        for (const name of ["files", "blocks", "replies"]) store.createObjectStore(name);
        if (version >= 2) store.createObjectStore("decisions", { keyPath: "key" });
        if (version >= 3) {
          store.createObjectStore("images", { keyPath: "key" });
          store.createObjectStore("imageContents");
        }
        if (version >= 4) store.createObjectStore("guards", { keyPath: "key" });
      },
    });
    earlier.close();
    const store = await openStore(root);
    const names = ["bases", "blocks", "decisions", "files", "guards", "imageContents", "images"];
    assert.deepEqual([...store.objectStoreNames].sort(), [...names, "instances", "replies"]);
    store.close();
  }
});
