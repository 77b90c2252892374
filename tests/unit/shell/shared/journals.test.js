import assert from "node:assert/strict";
import { test } from "node:test";
import { isJournal, withJournals, withoutDatabase } from "../../../../shell/shared/journals.js";

/** @param {string[]} names */
const paired = (names) =>
  withJournals(names, (name) => name).map(({ database, journals }) => [
    database,
    ...journals.map(({ suffix, journal }) => `${suffix} ${journal}`),
  ]);

test("journals go with their database, whatever the order", () => {
  assert.deepEqual(
    paired(["a.db-wal", "b.csv", "a.db", "a.db-shm", "c.sqlite-journal", "c.sqlite"]),
    [
      ["b.csv"],
      ["a.db", "-wal a.db-wal", "-shm a.db-shm"],
      ["c.sqlite", "-journal c.sqlite-journal"],
    ],
  );
});

test("a journal without its database stays by itself", () => {
  assert.deepEqual(paired(["x/a.db-wal", "y/a.db"]), [["x/a.db-wal"], ["y/a.db"]]);
});

test("queries of addresses do not count", () => {
  assert.deepEqual(paired(["https://h/a.db?x=1", "https://h/a.db-wal?x=2"]), [
    ["https://h/a.db?x=1", "-wal https://h/a.db-wal?x=2"],
  ]);
  assert.equal(isJournal("https://h/a.db-WAL?dl=1"), true);
  assert.equal(isJournal("a-wal.csv"), false);
});

test("what a lone journal needs is said", () => {
  const { message, hint } = withoutDatabase("https://h/a.db-wal");
  assert.match(message, /a\.db-wal holds changes to the database a\.db/);
  assert.match(hint, /open both files together/);
});
