/**
 * Keeps blocks that were loaded from the bases of paged files, up to a limit: those that were used least
 * recently go first. They can always be loaded again.
 */

import { BLOCK_SIZE } from "../../shared/blocks.js";

/** @typedef {import("./paged-file.js").PagedFile} PagedFile */

const MB = 1024 * 1024;

/** More blocks than a file can have; file ids times this are the keys of its blocks. */
const MOST_BLOCKS = 2 ** 33;

/**
 * How many bytes of blocks to keep. The rest of a running workspace takes some 100 MB, so this is little on
 * a phone, and enough on any device for the pages of a database's indexes that are read again and again.
 *
 * @param {number} [deviceMemory]  in GB, as the browser reports it; only Chromium does, up to 8
 * @returns {number} bytes
 */
export function cacheSize(deviceMemory = 4) {
  return Math.min(128, Math.max(16, deviceMemory * 16)) * MB;
}

/**
 * How large a file may be that is brought into memory as a whole, for what cannot be done block by block.
 *
 * @param {number} [deviceMemory]  in GB, as cacheSize() takes it
 * @returns {number} bytes
 */
export function mostWhole(deviceMemory = 4) {
  return Math.max(64, deviceMemory * 128) * MB;
}

export class BlockCache {
  /** @type {Map<number, Uint8Array>} by key, least recently used first */
  #blocks = new Map();
  #most;

  /** @param {number} bytes  how much to keep */
  constructor(bytes) {
    this.#most = Math.max(1, Math.floor(bytes / BLOCK_SIZE));
  }

  /** @returns {number} bytes that it keeps at most */
  get most() {
    return this.#most * BLOCK_SIZE;
  }

  /** @returns {number} bytes */
  get size() {
    return this.#blocks.size * BLOCK_SIZE;
  }

  /**
   * @param {PagedFile} file
   * @param {number} index
   * @returns {Uint8Array | undefined} of BLOCK_SIZE bytes; must not be changed
   */
  get(file, index) {
    const key = keyOf(file, index);
    const block = this.#blocks.get(key);
    if (block) {
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
    }
    return block;
  }

  /**
   * @param {PagedFile} file
   * @param {number} index
   * @returns {boolean} whether the block is here; asking does not count as using it
   */
  has(file, index) {
    return this.#blocks.has(keyOf(file, index));
  }

  /**
   * @param {PagedFile} file
   * @param {number} index
   * @param {Uint8Array} block
   */
  put(file, index, block) {
    this.#blocks.set(keyOf(file, index), block);
  }

  /** @param {PagedFile} file  all blocks of which to forget */
  drop(file) {
    const [first, end] = [keyOf(file, 0), keyOf(file, MOST_BLOCKS)];
    for (const key of this.#blocks.keys()) if (key >= first && key < end) this.#blocks.delete(key);
  }

  /**
   * Forget what is beyond the limit.
   *
   * @param {(key: number) => boolean} isNeeded  whether a block has to stay, by keyOf()
   */
  trim(isNeeded) {
    for (const key of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#most) return;
      if (!isNeeded(key)) this.#blocks.delete(key);
    }
  }
}

/**
 * @param {PagedFile} file
 * @param {number} index
 * @returns {number} identifies a block among those of all files
 */
export function keyOf(file, index) {
  return file.id * MOST_BLOCKS + index;
}
