/**
 * The stored form of a snapshot of Python's memory. Pages of zeros, a third of all, are left out.
 *
 * A stored snapshot is: the length of its head (4 bytes, little-endian), the head (JSON), then the pages
 * of all runs one after the other. python-memory.js says what else is in the head and what snapshots are
 * for.
 */

/** Bytes that are left out or kept together. */
const PAGE = 4096;

/**
 * Memory without its zero pages.
 *
 * @typedef {object} Sparse
 * @property {number} size  bytes of the memory
 * @property {Array<[first: number, count: number]>} runs  of pages that are kept, in ascending order
 * @property {Uint8Array} pages
 */

/**
 * @param {Uint8Array} memory  whole pages
 * @returns {Sparse} a copy
 */
export function sparse(memory) {
  const runs = runsOf(memory);
  const kept = runs.reduce((sum, [, count]) => sum + count, 0);
  const pages = new Uint8Array(kept * PAGE);
  let at = 0;
  for (const [first, count] of runs) {
    pages.set(memory.subarray(first * PAGE, (first + count) * PAGE), at);
    at += count * PAGE;
  }
  return { size: memory.length, runs, pages };
}

/**
 * @param {Uint8Array} memory
 * @returns {Sparse["runs"]}
 */
function runsOf(memory) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const wordsInPage = PAGE / 4;
  /** @type {Sparse["runs"]} */
  const runs = [];
  for (let page = 0; page * wordsInPage < words.length; page++) {
    const end = (page + 1) * wordsInPage;
    let at = page * wordsInPage;
    while (at < end && words[at] === 0) at++;
    if (at === end) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1]);
  }
  return runs;
}

/**
 * Make memory what it was.
 *
 * @param {Sparse} snapshot
 * @param {Uint8Array} memory  of the snapshot's size
 * @param {number} used  bytes at its beginning that may not be zero
 */
export function spread({ runs, pages }, memory, used) {
  let at = 0;
  let end = 0; // of the run before
  for (const [first, count] of runs) {
    if (end < used) memory.fill(0, end, Math.min(first * PAGE, used));
    end = (first + count) * PAGE;
    memory.set(pages.subarray(at, at + count * PAGE), first * PAGE);
    at += count * PAGE;
  }
  if (end < used) memory.fill(0, end, used);
}

/**
 * @param {object} head  of values that JSON has
 * @param {Sparse} snapshot
 * @returns {Uint8Array<ArrayBuffer>[]} its bytes, in parts
 */
export function packed(head, { size, runs, pages }) {
  const text = new TextEncoder().encode(JSON.stringify({ ...head, size, runs }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return [length, text, /** @type {Uint8Array<ArrayBuffer>} */ (pages)];
}

/**
 * @param {Uint8Array} bytes
 * @returns {any} its head and a Sparse in one; its pages are a view into `bytes`
 * @throws {Error} they are no snapshot
 */
export function unpacked(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { ...head, pages: bytes.subarray(4 + length) };
}
