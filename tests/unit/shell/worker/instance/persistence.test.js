/** Tests of shell/worker/instance/persistence.js: when a failure is reported, and when nothing is saved. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTDATED } from "../../../../../shell/shared/errors.js";
import { newerSite, openStore } from "../../../../../shell/shared/saved-store.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { Persistence } = await importWorkerModule("shell/worker/instance/persistence.js");
const { StoredBlocks } = await importWorkerModule("shell/worker/storage/stored-blocks.js");
const { newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");

let sites = 0;

/** An instance's persistence, with a store that opens or does not. */
async function world() {
  const store = await openStore(new URL(`http://localhost/persistence-${++sites}/`));
  const made = {
    store,
    opens: true,
    error: new Error("The store does not open."),
    refused: 0,
    persistence: new Persistence({
      openStore: async () => {
        if (!made.opens) throw made.error;
        return store;
      },
      onChange() {},
      onRefused: () => (made.refused += 1),
    }),
    /** Begin to save an instance that is saved already. */
    begin: async () => {
      const record = { ...newRecord("k", [], ""), generation: "g" };
      await store.put("instances", record);
      await made.persistence.begin(writtenFiles(), { store, record, isSaved: true });
      await made.persistence.firstSave;
    },
    /** Answer a request that wrote something. */
    request: async () => {
      const request = new Request("http://localhost/", { method: "POST" });
      const arrival = { clientId: "", arrivedAt: Date.now() };
      const writes = await made.persistence.beginRequest(request, arrival);
      await writes.settle().finally(() => writes.end());
    },
  };
  return made;
}

/** Files of which something has always changed. */
function writtenFiles() {
  let writes = 0;
  return {
    ...{ changed: true, changedBytes: 1, bases: [], size: 0 },
    get writes() {
      return writes++;
    },
    take: () => ({ removed: [], files: [], bytes: 0 }),
    counts: { files: 0, blocks: 0 },
    giveBack() {},
    settle() {},
  };
}

test("a save that fails is refused, also if the store did not open at the first try", async () => {
  const of = await world();
  of.opens = false;
  assert.equal(await of.persistence.openStore(), undefined);
  assert.equal(of.persistence.status.saving, "unsaved");
  of.opens = true;
  assert.equal(await of.persistence.openStore(), of.store);
  await of.begin();
  of.opens = false;
  await assert.rejects(of.request(), /This change was not made/);
  assert.equal(of.refused, 1);
});

test("a block that cannot be read for a while leaves the workspace saved", async () => {
  const of = await world();
  await of.persistence.openStore();
  await of.begin();
  of.opens = false;
  const stored = new StoredBlocks((closed) => of.persistence.reopenStore(closed), "g");
  await assert.rejects(stored.read("databases/x.db", [0]), {
    message: "The browser no longer opens this site’s storage, so saved data could not be read.",
    hint: /Load the page again/,
  });
  assert.equal(of.persistence.status.saving, "saved");
  await assert.rejects(of.request(), /This change was not made/);
  assert.equal(of.refused, 1);
});

test("what a newer version of the site has saved is reported as that", async () => {
  const of = await world();
  of.error = newerSite();
  of.opens = false;
  await assert.rejects(of.persistence.openStore(), { name: OUTDATED });
  await assert.rejects(of.persistence.reopenStore(of.store), { name: OUTDATED });
});
