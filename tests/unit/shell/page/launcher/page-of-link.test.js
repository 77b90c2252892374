// The page that a link made by the launcher names.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOfLink } from "../../../../../shell/page/launcher/page-of-link.js";

const CASES = [
  [[["csv", "https://a.test/some/birds.csv"]], "data/birds"],
  [[["json", "https://a.test/birds_2.json.gz"]], "data/birds_2"],
  [[["csv", "https://a.test/my%20birds.csv"]], ""],
  [[["csv", "https://a.test/export?format=csv"]], ""],
  [[["csv", "https://a.test/sqlite_birds.csv"]], ""],
  [[["url", "https://a.test/birds.db"]], ""],
  [[["excel", "https://a.test/birds.xlsx"]], ""],
  [
    [
      ["csv", "https://a.test/a.csv"],
      ["csv", "https://a.test/b.csv"],
    ],
    "",
  ],
  [[], ""],
];

for (const [sources, page] of CASES) {
  test(`${JSON.stringify(sources)} leads to “${page}”`, () => {
    assert.equal(pageOfLink(sources), page);
  });
}
