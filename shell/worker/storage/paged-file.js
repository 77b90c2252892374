/**
 * A file of which only some blocks are in memory: an immutable base plus the blocks that were changed here.
 *
 * The base is elsewhere, on a host or on disk, and its blocks are loaded when something reads them
 * (pager.js). SQLite reads synchronously and a load takes time, so reading an absent block fails. The
 * pager then loads the block, and whatever failed is done again.
 */

import { BLOCK_SIZE } from "../../shared/blocks.js";

/**
 * Where unchanged blocks come from. Its content never changes.
 *
 * @typedef {object} Base
 * @property {BaseDescription} description  from which the base can be opened again after a restart
 * @property {number} size  bytes
 * @property {(start: number, end: number) => Promise<Uint8Array>} read  bytes from `start` up to, but not
 *   including, `end`; rejected with an error for a person if they cannot be read or are another version's
 * @property {() => Promise<void>} verify  called after some reads and before their bytes are used; rejected
 *   if the content may have changed in between
 */

/** @typedef {import("../../shared/saved-store.js").BaseDescription} BaseDescription */

/**
 * A paged file as it is saved, or carried from one start to the next.
 *
 * @typedef {object} PagedContent
 * @property {number} size  bytes
 * @property {Base} base
 * @property {number} end   bytes of the base that still count; the rest was cut off
 * @property {Map<number, Uint8Array>} blocks  those that differ from the base, by index
 */

/** What a block was before a step: its bytes if it was changed, undefined if it was as in the base. */
/** @typedef {{size: number, end: number, blocks: Map<number, Uint8Array | undefined>}} Before */

export class PagedFile {
  /** Identifies it among paged files. */
  id;
  base;
  /** @type {number} bytes */
  size;
  /** @type {number} bytes of the base that still count */
  end;
  /** @type {Map<number, Uint8Array>} each of BLOCK_SIZE bytes; all blocks from `end` on are among them */
  #changed = new Map();
  #pager;

  /**
   * @param {number} id
   * @param {import("./pager.js").Pager} pager
   * @param {PagedContent} content
   */
  constructor(id, pager, { size, base, end, blocks }) {
    this.id = id;
    this.#pager = pager;
    this.base = base;
    this.size = size;
    this.end = end;
    for (const [index, bytes] of blocks) this.#changed.set(index, padded(bytes));
  }

  /** @returns {number[]} indexes of the blocks that differ from the base */
  get changedBlocks() {
    return [...this.#changed.keys()];
  }

  /** @returns {number} bytes that exist only here */
  get localSize() {
    return this.#changed.size * BLOCK_SIZE;
  }

  /** @returns {number} how many blocks of the base count */
  get baseBlocks() {
    return Math.ceil(this.end / BLOCK_SIZE);
  }

  /**
   * @param {number} index
   * @returns {boolean} whether it would have to be loaded from the base
   */
  isInBase(index) {
    return index < this.baseBlocks && !this.#changed.has(index);
  }

  /**
   * @param {number} index
   * @returns {Uint8Array | undefined} a copy of a changed block, up to the end of the file; undefined if it
   *   is as in the base
   */
  copyOf(index) {
    return this.#changed.get(index)?.slice(0, Math.min(BLOCK_SIZE, this.size - index * BLOCK_SIZE));
  }

  /** @returns {PagedContent} a copy */
  copy() {
    const blocks = new Map(
      Array.from(this.#changed.keys(), (index) => [
        index,
        /** @type {Uint8Array} */ (this.copyOf(index)),
      ]),
    );
    return { size: this.size, base: this.base, end: this.end, blocks };
  }

  /**
   * @param {Uint8Array} buffer
   * @param {number} offset    in `buffer`
   * @param {number} length
   * @param {number} position  in the file
   * @returns {number} bytes read; -1 if a block is absent, which the pager then knows
   */
  read(buffer, offset, length, position) {
    const end = Math.min(this.size, position + length);
    if (end <= position) return 0;
    if (!this.#has(position, end)) return -1;
    for (let at = position; at < end;) {
      const index = Math.floor(at / BLOCK_SIZE);
      const to = Math.min(end, (index + 1) * BLOCK_SIZE);
      const block = /** @type {Uint8Array} */ (this.#block(index));
      const start = at - index * BLOCK_SIZE;
      buffer.set(block.subarray(start, start + to - at), offset + at - position);
      at = to;
    }
    return end - position;
  }

  /**
   * @param {Uint8Array} buffer
   * @param {number} offset    in `buffer`
   * @param {number} length
   * @param {number} position  in the file
   * @returns {boolean} false if a block of which only a part is written is absent; nothing is written then
   */
  write(buffer, offset, length, position) {
    const end = position + length;
    const first = Math.floor(position / BLOCK_SIZE);
    const last = Math.ceil(end / BLOCK_SIZE) - 1;
    const edges = [first, last].filter((index) => !covers(position, end, index));
    const absent = edges.filter((index) => index < this.baseBlocks && !this.#block(index));
    for (const index of absent) this.#pager.note(this, index);
    if (absent.length > 0) return false;
    if (position > this.size) this.resize(position);
    for (let index = first; index <= last; index++) {
      const start = Math.max(position, index * BLOCK_SIZE);
      const to = Math.min(end, (index + 1) * BLOCK_SIZE);
      const from = offset + start - position;
      this.#own(index).set(buffer.subarray(from, from + to - start), start - index * BLOCK_SIZE);
    }
    this.size = Math.max(this.size, end);
    return true;
  }

  /** @param {number} size  bytes; what is added is zeros */
  resize(size) {
    const before = this.size;
    this.#pager.before(this);
    this.size = size;
    if (size > before) {
      for (let index = Math.ceil(before / BLOCK_SIZE); index * BLOCK_SIZE < size; index++) {
        if (!this.#changed.has(index)) this.#own(index);
      }
      return;
    }
    this.end = Math.min(this.end, size);
    const kept = Math.ceil(size / BLOCK_SIZE);
    for (const index of this.#changed.keys()) {
      if (index < kept) continue;
      this.#pager.before(this, index);
      this.#changed.delete(index);
    }
    // What was cut off must be zeros if the file grows again.
    const rest = size % BLOCK_SIZE;
    if (rest > 0 && this.#changed.has(kept - 1)) this.#own(kept - 1).fill(0, rest);
  }

  /**
   * @param {number} index
   * @returns {Uint8Array | undefined} what restore() takes
   */
  beforeOf(index) {
    return this.#changed.get(index)?.slice();
  }

  /** @param {Before} before  what the pager noted when a step began to change the file */
  restore({ size, end, blocks }) {
    this.size = size;
    this.end = end;
    for (const [index, bytes] of blocks) {
      if (bytes) this.#changed.set(index, bytes);
      else this.#changed.delete(index);
    }
  }

  /**
   * @param {number} position
   * @param {number} end
   * @returns {boolean} whether all of these bytes are here; the pager is told of what is not
   */
  #has(position, end) {
    let isComplete = true;
    for (let index = Math.floor(position / BLOCK_SIZE); index * BLOCK_SIZE < end; index++) {
      if (this.#block(index)) continue;
      this.#pager.note(this, index);
      isComplete = false;
    }
    return isComplete;
  }

  /**
   * @param {number} index
   * @returns {Uint8Array | undefined} undefined if it is absent
   */
  #block(index) {
    const changed = this.#changed.get(index);
    if (changed) return changed;
    const clean = this.#pager.get(this, index);
    // Bytes of the base that were cut off are zeros, even where the file has grown again.
    return clean && clipped(clean, this.end - index * BLOCK_SIZE);
  }

  /**
   * @param {number} index
   * @returns {Uint8Array} the block, to be changed
   */
  #own(index) {
    this.#pager.before(this, index);
    let block = this.#changed.get(index);
    if (!block) {
      block = new Uint8Array(BLOCK_SIZE);
      const clean = index < this.baseBlocks && this.#pager.get(this, index);
      if (clean) block.set(clipped(clean, this.end - index * BLOCK_SIZE));
      this.#changed.set(index, block);
    }
    return block;
  }
}

/**
 * @param {PagedContent} content
 * @returns {PagedContent} the same with blocks of its own
 */
export function copyOfPaged({ blocks, ...others }) {
  return {
    ...others,
    blocks: new Map(Array.from(blocks, ([index, bytes]) => [index, bytes.slice()])),
  };
}

/**
 * @param {Uint8Array} bytes  of a block, which may be the last one
 * @param {number} most       how many of them count
 */
function clipped(bytes, most) {
  if (most >= bytes.length) return bytes;
  const block = bytes.slice();
  block.fill(0, most);
  return block;
}

/** @param {Uint8Array} bytes */
function padded(bytes) {
  if (bytes.length === BLOCK_SIZE) return bytes;
  const block = new Uint8Array(BLOCK_SIZE);
  block.set(bytes);
  return block;
}

/**
 * @param {number} position
 * @param {number} end
 * @param {number} index  of a block
 * @returns {boolean} whether these bytes are all of the block
 */
function covers(position, end, index) {
  return position <= index * BLOCK_SIZE && end >= (index + 1) * BLOCK_SIZE;
}
