import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GONE,
  gone,
  NO_ROOM,
  notSaved,
  NOT_SAVED,
} from "../../../../../shell/worker/storage/save-errors.js";

const failed = (name) => new DOMException("why", name);

test("only what there is no room for is refused for want of storage", () => {
  const noRoom = notSaved(failed("QuotaExceededError"));
  assert.equal(noRoom.name, NO_ROOM);
  assert.match(noRoom.message, /^There is no room left to save this change, so it was not made\.$/);
  for (const name of ["UnknownError", "AbortError", "InvalidStateError", "DataError"]) {
    assert.equal(notSaved(failed(name)).name, NOT_SAVED, name);
  }
  assert.equal(gone().name, GONE);
});

test("the sentence names the cause", () => {
  const messages = ["UnknownError", "AbortError", "NotReadableError", "DataError"].map(
    (name) => notSaved(failed(name), "copy").message,
  );
  assert.deepEqual(messages, [
    "This data was not imported: the browser could not write to the disk.",
    "This data was not imported: the browser closed this site’s storage, as it does when site data is cleared.",
    "This data was not imported: a file could not be read to its end.",
    "This data was not imported: the browser’s storage failed (DataError).",
  ]);
  assert.equal(
    notSaved("anything").message,
    "This change was not made: the browser’s storage failed (Error).",
  );
  assert.equal(notSaved(gone()).message, gone().message);
});
