import assert from "node:assert/strict";
import { test } from "node:test";
import { kindFromName, toFetchableUrl } from "../../shell/shared/remote-urls.js";

const RAW = "https://raw.githubusercontent.com";

for (const [url, expected] of [
  ["https://github.com/o/r/blob/main/data/t.csv", `${RAW}/o/r/main/data/t.csv`],
  ["https://github.com/o/r/blob/main/t.csv?raw=true", `${RAW}/o/r/main/t.csv`],
  ["https://github.com/o/r/blob/main/t.csv#L3", `${RAW}/o/r/main/t.csv`],
  ["https://github.com/o/r/blob/a%2Fb/t.csv", `${RAW}/o/r/a%2Fb/t.csv`],
  ["https://gist.github.com/me/0a1b2c", "https://gist.githubusercontent.com/me/0a1b2c/raw"],
  ["https://github.com/o/r", "https://github.com/o/r"],
  ["https://a.test/x%2Fy.csv?z=%20", "https://a.test/x%2Fy.csv?z=%20"],
]) {
  test(`${url} is fetched from ${expected}`, () => assert.equal(toFetchableUrl(url), expected));
}

for (const [url, kind] of [
  ["https://a.test/x.db", "url"],
  ["https://a.test/x.SQLite3?download=1", "url"],
  ["data/x.sqlite", "url"],
  ["https://a.test/x.csv#top", "csv"],
  ["https://a.test/x.tsv", "csv"],
  ["https://a.test/x.csv.db", "url"],
  ["https://a.test/export?format=csv", null],
  ["https://a.test/", null],
  ["https://a.csv/", null],
]) {
  test(`${url} promises ${kind}`, () => assert.equal(kindFromName(url), kind));
}
