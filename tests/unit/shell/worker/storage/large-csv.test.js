/** CSV files on disk, of which only the part that is read next is in memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");
const { LocalBase } = await importWorkerModule("shell/worker/storage/local-base.js");

const MB = 1024 * 1024;
const pyodide = await loadPyodide();
await pyodide.loadPackage("sqlite3").catch(() => {}); // in releases where it is a package
const { FS } = pyodide;
pyodide.mountNodeFS("/project", new URL("../../../../../", import.meta.url).pathname);
pyodide.runPython(`
import sqlite3, sys
from pathlib import Path
sys.path.insert(0, "/project")
from engine.environment import JsBlocks
from engine.importing.csv_import import import_csv
from engine.pace import give_way
from engine.sqlite import faults

async def run(pager, path, report):
    faults.use(JsBlocks(pager))
    conn = sqlite3.connect(":memory:")
    made = await import_csv(Path(path), conn, "t", source="x.csv", report=report, pause=give_way)
    assert made.rows == conn.execute("select count(*) from t").fetchone()[0]
    sums = conn.execute("select count(*), sum(a), sum(length(b)), max(a) from t").fetchone()
    conn.close()
    return list(sums)
`);
const run = pyodide.globals.get("run");

let mounts = 0;

/** A file on disk whose largest part in memory is noted. */
class NotedBase extends LocalBase {
  largest = 0;
  async read(start, end) {
    this.largest = Math.max(this.largest, end - start);
    return super.read(start, end);
  }
}

/** Import a text; what() tells of how it is read. */
async function imported(text, prepare = () => {}) {
  const mount = `/csv-${++mounts}`;
  const files = new WatchedFiles(FS, mount, () => {});
  FS.mkdirTree(`${mount}/incoming`);
  const blob = new Blob([text]);
  const base = new NotedBase({ kind: "local", id: "1", name: "x.csv", size: blob.size }, blob);
  const path = `${mount}/incoming/1`;
  files.attach(path, base);
  const { object } = FS.analyzePath(path);
  prepare(files.pager);
  let most = 0;
  const report = () => {
    let count = 0;
    for (let index = 0; index * BLOCK_SIZE < blob.size; index++) {
      count += object.paged.isElsewhere(index) ? 0 : 1;
    }
    most = Math.max(most, count * BLOCK_SIZE);
    return true;
  };
  const sums = await run(files.pager, path, report);
  return { sums: sums.toJs(), most, isWhole: object.paged.isWhole };
}

/** Rows of 100 bytes. */
function rows(count) {
  return Array.from({ length: count }, (_, at) => `${at + 1},${"é".repeat(44)}\n`);
}

test("a file is imported completely while little of it is in memory", async () => {
  const count = 120_000;
  const text = ["a,b\n", ...rows(count)].join("");
  assert.ok(Buffer.byteLength(text) > 10 * MB);
  const { sums, most, isWhole } = await imported(text);
  assert.deepEqual(sums, [count, (count * (count + 1)) / 2, count * 44, count]);
  assert.equal(isWhole, false);
  assert.ok(most <= 9 * MB, `${most} bytes were in memory`);
});

test("a file with a longer row than that is imported from memory", async () => {
  const long = `0,"${"x\n".repeat(5 * MB)}"\n`;
  const text = ["a,b\n", ...rows(1000), long, ...rows(1000)].join("");
  const { sums, isWhole } = await imported(text);
  assert.deepEqual(sums, [2001, 1001 * 1000, 2000 * 44 + 10 * MB, 1000]);
  assert.ok(isWhole);
});

test("such a file that does not fit into memory is refused", async () => {
  const text = ["a,b\n", ...rows(10), `0,"${"x\n".repeat(5 * MB)}"\n`].join("");
  const cannot = imported(text, (pager) => {
    pager.staysPartial = () => true;
  });
  await assert.rejects(cannot, /x\.csv has a row .* more than 4 MB/);
});
