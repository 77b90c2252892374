import assert from "node:assert/strict";
import { test } from "node:test";
import { sameNames } from "../../../../../shell/page/import/same-names.js";

test("names that several columns have are counted, and shown as the first one spells them", () => {
  assert.deepEqual(sameNames(["Name", "age", "NAME", "Age", "name", "id"]), [
    { name: "Name", count: 3 },
    { name: "age", count: 2 },
  ]);
});
