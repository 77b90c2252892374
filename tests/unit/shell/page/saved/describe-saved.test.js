import assert from "node:assert/strict";
import { test } from "node:test";
import { databasesAmong } from "../../../../../shell/page/saved/describe-saved.js";

/** @param {string[]} paths */
const found = (paths) =>
  databasesAmong(paths.map((path) => ({ path, size: 1 }))).map(({ name, file }) => [name, file]);

test("databases of Datasette are named without their suffix", () => {
  const paths = ["databases/pets.db", "databases/pets.db-wal", "set-aside/old.db", "internal.db"];
  assert.deepEqual(found(paths), [
    ["pets", "pets.db"],
    ["old", "old.db"],
  ]);
});

test("databases of an app are those in its home directory that are called so", () => {
  const paths = ["app/x.py", "home/data/a.sqlite3", "home/b.DB", "home/b.db-journal", "home/c.txt"];
  assert.deepEqual(found(paths), [
    ["data/a.sqlite3", "data/a.sqlite3"],
    ["b.DB", "b.DB"],
  ]);
});
