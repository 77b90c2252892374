import assert from "node:assert/strict";
import { test } from "node:test";
import { LiteError } from "../../../../../shell/shared/errors.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { expandFolders } = await importWorkerModule("shell/worker/sources/github-folders.js");

const FOLDER = "https://github.com/o/r/tree/main/data";
const RAW = "https://raw.githubusercontent.com/o/r/main/data";
const options = { fts: ["*"] };
const folder = { parameter: "csv", value: FOLDER, options };
const file = (name, type = "file") => ({ name, type, download_url: `${RAW}/${name}` });

test("a folder stands for the data files in it, each opened as what it is", async () => {
  const other = { parameter: "url", value: "https://a.test/x.db", options: {} };
  const asked = [];
  const names = ["a.csv", "README.md", "b.parquet", ".hidden.csv", "requirements.txt", "c.db"];
  const listed = [...names.map((name) => file(name)), file("sub.csv", "dir")];
  const sources = await expandFolders([other, folder], async (url) => {
    asked.push(url);
    return listed;
  });
  assert.deepEqual(asked, ["https://api.github.com/repos/o/r/contents/data?ref=main"]);
  assert.deepEqual(sources, [
    other,
    { parameter: "csv", value: `${RAW}/a.csv`, options },
    { parameter: "parquet", value: `${RAW}/b.parquet`, options },
    { parameter: "url", value: `${RAW}/c.db`, options },
  ]);
});

for (const [what, getJson, message] of [
  ["without data", async () => [file("README.md")], /has no data files/],
  ["with too much", async () => Array.from({ length: 101 }, (_, i) => file(`${i}.csv`)), /has 101/],
  [
    "that cannot be listed",
    async () => {
      throw new LiteError("api.github.com has no file at it.");
    },
    /could not be listed/,
  ],
]) {
  test(`a folder ${what} fails like any other source`, async () => {
    const [source] = await expandFolders([folder], getJson);
    assert.equal(source.value, FOLDER);
    assert.match(source.error.message, message);
    assert.equal(source.error.source, FOLDER);
  });
}
