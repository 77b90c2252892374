import assert from "node:assert/strict";
import test from "node:test";
import {
  packed,
  sparse,
  spread,
  unpacked,
} from "../../../../../../shell/worker/runtime/snapshot/format.js";

const PAGE = 4096;

/** @param {string} pages  a letter each; "." is a zero page */
function memoryOf(pages) {
  const memory = new Uint8Array(pages.length * PAGE);
  for (const [index, letter] of [...pages].entries()) {
    // Only its last byte: all of a page counts.
    if (letter !== ".") memory[(index + 1) * PAGE - 1] = letter.charCodeAt(0);
  }
  return memory;
}

for (const pages of ["", ".", "a", "a.b", "..ab..c", "ab....", "....", "a.b.c.d"]) {
  test(`memory comes back as it was: ${JSON.stringify(pages)}`, () => {
    const memory = memoryOf(pages);
    const snapshot = sparse(memory);
    assert.equal(snapshot.pages.length, pages.replaceAll(".", "").length * PAGE);
    const later = new Uint8Array(memory.length);
    spread(snapshot, later, 0);
    assert.deepEqual(later, memory);
  });

  test(`what was in the memory before is gone: ${JSON.stringify(pages)}`, () => {
    const memory = memoryOf(pages);
    for (let used = 0; used <= memory.length; used += PAGE / 2) {
      const later = new Uint8Array(memory.length).fill(7, 0, used);
      spread(sparse(memory), later, used);
      assert.deepEqual(later, memory);
    }
  });
}

test("a snapshot is a copy", () => {
  const memory = memoryOf("a");
  const snapshot = sparse(memory);
  memory.fill(0);
  spread(snapshot, memory, 0);
  assert.deepEqual(memory, memoryOf("a"));
});

test("a snapshot is packed and unpacked", async () => {
  const memory = memoryOf(".a..b");
  const blob = new Blob(packed({ objects: ["é"] }, sparse(memory)));
  const snapshot = unpacked(new Uint8Array(await blob.arrayBuffer()));
  assert.deepEqual(snapshot.objects, ["é"]);
  const later = new Uint8Array(snapshot.size);
  spread(snapshot, later, 0);
  assert.deepEqual(later, memory);
});

test("what is not a snapshot is refused", () => {
  assert.throws(() => unpacked(new Uint8Array(2)));
  assert.throws(() => unpacked(new Uint8Array([4, 0, 0, 0, 1, 2, 3, 4])));
});
