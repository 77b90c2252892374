// Parameters of a link that are misspelt.

import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, misspelt } from "../../../../../shell/page/launcher/misspelt.js";

const CASES = [
  ["?cvs=a.csv", ["cvs", "csv"], "?csv=a.csv"],
  ["?CSV=a.csv", ["CSV", "csv"], "?csv=a.csv"],
  ["?jsn=a.json&name=x", ["jsn", "json"], "?json=a.json&name=x"],
  ["?csv=a.csv&metdata=m.yml", ["metdata", "metadata"], "?csv=a.csv&metadata=m.yml"],
  ["?app=a.py&enty=a:app", ["enty", "entry"], "?app=a.py&entry=a:app"],
  [
    "?parqet=https://a.test/x?y=1&b=%2F",
    ["parqet", "parquet"],
    "?parquet=https://a.test/x?y=1&b=%2F",
  ],
];

test("the parameters of apps are known", () => {
  assert.deepEqual(misspelt("?app=x.py&entry=x:app").slips, []);
  assert.deepEqual(misspelt("?apps=x.py").slips, [{ written: "apps", meant: "app" }]);
});

test("a name of any length takes no time", () => {
  const began = performance.now();
  assert.deepEqual(misspelt(`?${"a".repeat(1_000_000)}=1`).slips, []);
  assert.ok(performance.now() - began < 1000);
});

for (const [link, [written, meant], corrected] of CASES) {
  test(`${link} is corrected`, () => {
    const found = misspelt(link);
    assert.deepEqual(found.slips, [{ written, meant }]);
    assert.equal(found.corrected, corrected);
  });
}

for (const link of [
  "",
  "?csv=a.csv",
  "?app=a.py&entry=a:app",
  "?utm_source=x&fbclid=y",
  "?cvs",
  "?q=a",
  "?embed=1&files=x",
  "?file=x",
]) {
  test(`${link || "no query"} is left alone`, () => {
    assert.deepEqual(misspelt(link).slips, []);
  });
}

test("the rest of a link can be opened by itself", () => {
  assert.equal(misspelt("?csv=a.csv&metdata=m.yml").without, "?csv=a.csv");
  assert.equal(misspelt("?cvs=a.csv").without, "?");
});

test("letters that are swapped count as one change", () => {
  assert.equal(distance("cvs", "csv"), 1);
  assert.equal(distance("abc", "abc"), 0);
  assert.equal(distance("", "abc"), 3);
});
