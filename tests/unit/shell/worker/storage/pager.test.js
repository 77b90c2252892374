/** What the pager keeps in memory of files that are read block by block, and for how long. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
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
