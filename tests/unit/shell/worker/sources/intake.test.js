/** Which files are read from disk in slices instead of being brought into memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { PAGED_FROM } = await importWorkerModule("shell/shared/paging.js");
const { Intake } = await importWorkerModule("shell/worker/sources/intake.js");

/** An intake in a browser that stores Blobs, or does not. */
function intakeWhere(storesBlobs) {
  const fs = { mkdirTree() {} };
  const guard = (work) => work;
  return new Intake(
    fs,
    {},
    "/incoming",
    guard,
    () => {},
    async () => storesBlobs,
  );
}

/** A database's file, as far as its beginning shows. */
function database(size) {
  return new File(["SQLite format 3\0", new Uint8Array(size - 16)], "x.db");
}

test("a large database is read in slices where these can be saved", async () => {
  assert.equal(await intakeWhere(true).isReadInSlices(database(PAGED_FROM)), true);
  assert.equal(await intakeWhere(true).isReadInSlices(database(PAGED_FROM - 1)), false);
});

test("where the browser stores no Blobs, a large database is brought into memory", async () => {
  assert.equal(await intakeWhere(false).isReadInSlices(database(PAGED_FROM)), false);
});
