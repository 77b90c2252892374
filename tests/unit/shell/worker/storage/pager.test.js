/** What the pager keeps in memory of files that are read block by block, and for how long. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");
const { LocalBase } = await importWorkerModule("shell/worker/storage/local-base.js");
const { Pager } = await importWorkerModule("shell/worker/storage/pager.js");

const PATH = "/instance/databases/x.db";
const MOST = 4 * BLOCK_SIZE;

/** A pager with one file, all blocks of which are in the store. */
function pagerOf(blocks) {
  const saved = Array.from({ length: blocks }, (_, index) => index);
  const read = async (indexes) =>
    new Map(indexes.map((index) => [index, new Uint8Array(BLOCK_SIZE).fill(index)]));
  const pager = new Pager(() => file, MOST, MOST);
  const file = pager.open(
    { size: blocks * BLOCK_SIZE, end: 0, blocks: new Map(), saved },
    { read, copy: async () => undefined },
  );
  return { pager, file };
}

test("what was loaded to rename a file need not stay once it is saved again", async () => {
  const { pager, file } = pagerOf(3);
  await pager.gather(PATH);
  assert.ok(file.reclaim());
  assert.deepEqual(file.changedBlocks, [0, 1, 2]);
  assert.deepEqual([...file.copyOf(2)].slice(0, 2), [2, 2]);
  for (const index of [0, 1, 2]) file.settle(index);
  assert.deepEqual(
    [0, 1, 2].map((index) => file.isElsewhere(index)),
    [true, true, true],
  );
});

test("a file that is in memory as a whole stays there after it was renamed", async () => {
  const { pager, file } = pagerOf(3);
  await pager.makeWhole(PATH);
  assert.ok(file.reclaim());
  for (const index of [0, 1, 2]) file.settle(index);
  assert.equal(file.isElsewhere(1), false);
});

test("a file is not renamed if the part that is saved does not fit into memory", async () => {
  const { pager } = pagerOf(5);
  await assert.rejects(pager.gather(PATH), {
    message: /^x\.db cannot be renamed: .* memory/,
    hint: /Download/,
  });
});

const { FS } = await loadPyodide();
let mounts = 0;

/** Files of which one is read block by block, at `path`. */
function filesWith(path) {
  const mount = `/pager-${++mounts}`;
  const files = new WatchedFiles(FS, mount, () => {});
  FS.mkdirTree(`${mount}/incoming`);
  FS.mkdirTree(`${mount}/databases`);
  files.attach(`${mount}/${path}`, LocalBase.of(new File([new Uint8Array(MOST)], "x.db")));
  return { mount, pager: files.pager };
}

for (const path of ["databases/x.db", "incoming/1"]) {
  test(`once ${path} is deleted, no file is read block by block`, () => {
    const { mount, pager } = filesWith(path);
    assert.ok(pager.isUsed);
    FS.unlink(`${mount}/${path}`);
    assert.equal(pager.isUsed, false);
  });
}

test("once another file has its place, a file is no longer read block by block", () => {
  const { mount, pager } = filesWith("databases/x.db");
  FS.writeFile(`${mount}/incoming/1`, "new");
  FS.rename(`${mount}/incoming/1`, `${mount}/databases/x.db`);
  assert.equal(pager.isUsed, false);
});

test("a file that was renamed is still read block by block", () => {
  const { mount, pager } = filesWith("incoming/1");
  FS.rename(`${mount}/incoming/1`, `${mount}/databases/x.db`);
  assert.ok(pager.isUsed);
});

test("blocks of a file that was deleted do not stay in memory", async () => {
  const { mount, pager } = filesWith("databases/x.db");
  const { paged } = FS.lookupPath(`${mount}/databases/x.db`).node;
  const step = pager.step();
  pager.begin();
  paged.read(new Uint8Array(1), 0, 1, 0);
  await pager.load(step, Infinity);
  pager.finish(step);
  assert.ok(pager.get(paged, 0));
  FS.unlink(`${mount}/databases/x.db`);
  assert.equal(pager.get(paged, 0), undefined);
});
