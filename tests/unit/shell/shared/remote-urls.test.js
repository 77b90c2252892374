import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesUrl,
  closedHostAdvice,
  gitHubFolder,
  gitLfsUrl,
  kindFromName,
  toFetchableUrl,
} from "../../../../shell/shared/remote-urls.js";

const SHEETS = "https://docs.google.com/spreadsheets";
const RAW = "https://raw.githubusercontent.com";

for (const [url, expected] of [
  ["https://github.com/o/r/blob/main/data/t.csv", `${RAW}/o/r/main/data/t.csv`],
  ["https://github.com/o/r/blob/main/t.csv?raw=true", `${RAW}/o/r/main/t.csv`],
  ["https://github.com/o/r/blob/main/t.csv#L3", `${RAW}/o/r/main/t.csv`],
  ["https://github.com/o/r/blob/a%2Fb/t.csv", `${RAW}/o/r/a%2Fb/t.csv`],
  ["https://gist.github.com/me/0a1b2c", "https://gist.githubusercontent.com/me/0a1b2c/raw"],
  ["https://github.com/o/r/raw/refs/heads/main/t.csv", `${RAW}/o/r/refs/heads/main/t.csv`],
  [
    "https://gist.github.com/me/0a1b2c#file-t-csv",
    "https://gist.githubusercontent.com/me/0a1b2c/raw",
  ],
  [
    "https://gist.github.com/me/0a1b2c/raw/0f0f/t.csv",
    "https://gist.githubusercontent.com/me/0a1b2c/raw/0f0f/t.csv",
  ],
  ["https://github.com/o/r", "https://github.com/o/r"],
  [`${SHEETS}/d/1AbC-_/edit?usp=sharing#gid=12`, `${SHEETS}/d/1AbC-_/export?format=csv&gid=12`],
  [`${SHEETS}/d/1AbC/edit?gid=7#gid=8`, `${SHEETS}/d/1AbC/export?format=csv&gid=8`],
  [`${SHEETS}/u/1/d/1AbC`, `${SHEETS}/d/1AbC/export?format=csv`],
  [`${SHEETS}/d/1AbC/export?format=xlsx`, `${SHEETS}/d/1AbC/export?format=xlsx`],
  [`${SHEETS}/d/e/2PACX-1v/pubhtml?gid=0`, `${SHEETS}/d/e/2PACX-1v/pub?output=csv&gid=0`],
  [
    "https://huggingface.co/datasets/o/d/blob/main/x.parquet",
    "https://huggingface.co/datasets/o/d/resolve/main/x.parquet",
  ],
  [
    "https://huggingface.co/datasets/o/d/resolve/refs%2Fconvert%2Fparquet/x.parquet",
    "https://huggingface.co/datasets/o/d/resolve/refs%2Fconvert%2Fparquet/x.parquet",
  ],
  ["https://www.dropbox.com/s/a1/x.csv?dl=0", "https://dl.dropboxusercontent.com/s/a1/x.csv"],
  [
    "https://www.dropbox.com/scl/fi/a1/x.csv?rlkey=q&dl=0",
    "https://dl.dropboxusercontent.com/scl/fi/a1/x.csv?rlkey=q",
  ],
  ["https://dropbox.com/s/a1/x.csv?raw=1", "https://dl.dropboxusercontent.com/s/a1/x.csv"],
  ["s3://bucket/a/x.csv", "https://bucket.s3.amazonaws.com/a/x.csv"],
  ["gs://bucket/a/x.csv", "https://storage.googleapis.com/bucket/a/x.csv"],
  [
    "https://storage.cloud.google.com/bucket/x.csv?authuser=1",
    "https://storage.googleapis.com/bucket/x.csv",
  ],
  ["https://gitlab.com/g/s/p/-/blob/main/x.csv", "https://gitlab.com/g/s/p/-/raw/main/x.csv"],
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
  ["https://a.test/x.csv.gz", "csv"],
  ["https://a.test/x.db.zip", "url"],
  ["https://a.test/x.zip", null],
  ["https://a.test/x.geojson", "json"],
  ["https://a.test/x.ndjson", "json"],
  ["https://a.test/x.jsonl?download", "json"],
  ["https://a.test/x.PQ", "parquet"],
  ["https://a.test/x.xlsx", "excel"],
  ["https://a.test/x.sql", "sql"],
  ["https://docs.google.com/spreadsheets/d/1AbC/edit", "csv"],
  ["https://docs.google.com/spreadsheets/d/1AbC/export?format=xlsx", "excel"],
  ["https://a.test/export?format=csv", null],
  ["https://a.test/", null],
  ["https://a.csv/", null],
]) {
  test(`${url} promises ${kind}`, () => assert.equal(kindFromName(url), kind));
}

for (const [url, expected] of [
  ["https://github.com/o/r/tree/main/data/x%20y/", ["o", "r", "main", "data/x%20y"]],
  ["https://github.com/o/r/tree/main", ["o", "r", "main", ""]],
  ["https://github.com/o/r", ["o", "r", "", ""]],
  ["https://github.com/o/r.git", ["o", "r", "", ""]],
  ["https://github.com/o/r/issues", null],
  ["https://github.com/o/r/blob/main/t.csv", null],
  ["https://github.com/o", null],
]) {
  test(`${url} is ${expected ? "a folder" : "no folder"}`, () => {
    const folder = gitHubFolder(url);
    assert.deepEqual(folder ? Object.values(folder) : null, expected);
  });
}

test("what a Git LFS pointer in a GitHub repository stands for", () => {
  const media = "https://media.githubusercontent.com/media/o/r/main/x.db";
  assert.equal(gitLfsUrl(`${RAW}/o/r/main/x.db`), media);
  assert.equal(gitLfsUrl("https://a.test/x.db"), undefined);
});

for (const [url, expected] of [
  [
    "https://zenodo.org/records/12/files/a%20b.csv?download=1",
    "https://zenodo.org/api/records/12/files/a%20b.csv/content",
  ],
  [
    "https://www.zenodo.org/record/12/files/x.db",
    "https://zenodo.org/api/records/12/files/x.db/content",
  ],
  [
    "https://zenodo.org/records/12/preview/x.csv?include_deleted=0",
    "https://zenodo.org/api/records/12/files/x.csv/content",
  ],
  [
    "https://zenodo.org/api/records/12/files/x.csv/content",
    "https://zenodo.org/api/records/12/files/x.csv/content",
  ],
  ["https://a.test/records/12/files/x.csv", "https://a.test/records/12/files/x.csv"],
]) {
  test(`the bytes of ${url} are at ${expected}`, () => assert.equal(bytesUrl(url), expected));
}

for (const [url, word] of [
  [
    "https://drive.google.com/file/d/1AbC/view?usp=sharing",
    /Google Drive does not let other web sites/,
  ],
  ["https://1drv.ms/x/s!abc", /OneDrive/],
  ["https://www.dropbox.com/scl/fo/abc/h?rlkey=1&dl=0", /leads to a folder/],
  ["https://zenodo.org/records/12", /address of one of its files/],
]) {
  test(`${url} gets advice`, () => assert.match(closedHostAdvice(url) ?? "", word));
}

test("other addresses get no advice", () => {
  for (const url of [
    "https://a.test/drive.google.com/",
    "https://zenodo.org/records/12/files/x.db",
  ]) {
    assert.equal(closedHostAdvice(url), undefined);
  }
});
