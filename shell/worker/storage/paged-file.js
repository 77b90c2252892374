/**
 * A file of which only some blocks are in memory: an immutable base plus the blocks that were changed here.
 *
 * The base is a file on a host or on disk. Changed blocks are in memory until they are saved; then they may
 * be forgotten, too, and come from the store when something reads them (pager.js). A file that was saved
 * block by block needs no base: all its blocks are in the store.
 *
 * SQLite reads synchronously and a load takes time, so reading an absent block fails. The pager then loads
 * the block, and whatever failed is done again.
 */

import { BLOCK_SIZE } from "../../shared/blocks.js";

/** @typedef {import("./paged-content.js").PagedContent} PagedContent */
/** @typedef {import("./paged-content.js").Saved} Saved */

/**
 * What a step has changed, as it was before. Of a block: its bytes if it was changed and not saved;
 * otherwise undefined.
 *
 * @typedef {object} Before
 * @property {number} size
 * @property {number} end
 * @property {Map<number, Uint8Array | undefined>} blocks  by index
 * @property {number[]} saved  indexes of blocks that were cut off and are in the store
 */

export class PagedFile {
  /** Identifies it among paged files. */
  id;
  base;
  /** @type {number} bytes */
  size;
  /** @type {number} bytes of the base that still count */
  end;
  /** Whether all of it is in memory and stays there. */
  isWhole = false;
  /** Whether it may be forgotten once it is saved, although all of it is in memory. */
  isNew = false;
  /** @type {Map<number, Uint8Array>} each of BLOCK_SIZE bytes, not to be forgotten before it is saved */
  #changed = new Map();
  /** @type {Set<number>} blocks that differ from the base and are in the store */
  #saved;
  /** @type {Map<number, Uint8Array>} blocks that can be loaded again and yet stay in memory */
  #kept = new Map();
  #store;
  #pager;

  /**
   * @param {number} id
   * @param {import("./pager.js").Pager} pager
   * @param {PagedContent} content
   * @param {Saved} [store]  has what `content.saved` lists, and each block once it is saved
   */
  constructor(id, pager, { size, base, end, blocks, saved = [] }, store) {
    this.id = id;
    this.#pager = pager;
    this.base = base;
    this.size = size;
    this.end = end;
    this.#saved = new Set(saved);
    this.#store = store;
    for (const [index, bytes] of blocks) this.#changed.set(index, padded(bytes));
  }

  /** @returns {number[]} indexes of the blocks that are in memory and differ from the base and the store */
  get changedBlocks() {
    return [...this.#changed.keys()];
  }

  /** @returns {number[]} indexes of the blocks that would have to be loaded from the store */
  get savedBlocks() {
    return [...this.#saved].filter((index) => !this.#changed.has(index));
  }

  /** @returns {number} how many blocks are saved of it, or will be */
  get localBlocks() {
    let count = this.#saved.size;
    for (const index of this.#changed.keys()) if (!this.#saved.has(index)) count += 1;
    return count;
  }

  /** @returns {number} bytes that are on this device, in memory or saved */
  get localSize() {
    const own = this.localBlocks * BLOCK_SIZE;
    if (!this.base) return Math.min(own, this.size);
    return own + (this.base.isNear ? this.base.size : 0);
  }

  /** @returns {boolean} whether all of it is on this device */
  get isNear() {
    return this.base?.isNear !== false;
  }

  /** @returns {number} how many blocks it has */
  get blockCount() {
    return Math.ceil(this.size / BLOCK_SIZE);
  }

  /** @returns {number} how many blocks of the base count */
  get baseBlocks() {
    return Math.ceil(this.end / BLOCK_SIZE);
  }

  /**
   * @param {number} index
   * @returns {boolean} whether it would have to be loaded, or was and may be forgotten
   */
  isElsewhere(index) {
    if (this.#changed.has(index) || this.#kept.has(index)) return false;
    return this.#saved.has(index) || index < this.baseBlocks;
  }

  /**
   * @param {number} index
   * @returns {boolean} whether it would be loaded from this device
   */
  isNearAt(index) {
    return this.#saved.has(index) || this.isNear;
  }

  /**
   * Load blocks from where they are.
   *
   * @param {number} first
   * @param {number} count
   * @returns {Promise<Uint8Array[]>} each of BLOCK_SIZE bytes; must not be changed
   */
  async load(first, count) {
    const indexes = Array.from({ length: count }, (_, offset) => first + offset);
    const stored = indexes.filter((index) => this.#saved.has(index));
    const rest = indexes.filter((index) => !this.#saved.has(index));
    const [found, bytes] = await Promise.all([
      stored.length > 0 ? this.#store?.read(stored) : undefined,
      rest.length > 0 ? this.#readBase(rest[0], rest[rest.length - 1] + 1) : undefined,
    ]);
    return indexes.map((index) => {
      const block = found?.get(index);
      if (block || !bytes) return padded(block ?? new Uint8Array());
      const at = (index - rest[0]) * BLOCK_SIZE;
      return padded(bytes.slice(at, at + BLOCK_SIZE));
    });
  }

  /**
   * @param {number} first
   * @param {number} end
   * @returns {Promise<Uint8Array>} the bytes of these blocks of the base
   */
  async #readBase(first, end) {
    if (!this.base) return new Uint8Array();
    if (!this.base.isNear && this.#store?.readHost) {
      return this.#store.readHost(this.base, first, end);
    }
    return this.base.read(first * BLOCK_SIZE, Math.min(end * BLOCK_SIZE, this.base.size));
  }

  /** @returns {boolean} whether all of it is on this device and saved, or will be */
  get isSaved() {
    return this.isNear && this.#store !== undefined;
  }

  /** @returns {Promise<Blob | undefined>} the file as it was last saved, if it was and all of it is here */
  async savedCopy() {
    return this.isNear ? this.#store?.copy() : undefined;
  }

  /**
   * Keep a block that was loaded in memory.
   *
   * @param {number} index
   * @param {Uint8Array} block
   */
  keep(index, block) {
    this.#kept.set(index, block);
  }

  /**
   * Of what it keeps, keep only these blocks.
   *
   * @param {number} first
   * @param {number} end
   */
  keepOnly(first, end) {
    for (const index of this.#kept.keys()) {
      if (index < first || index >= end) this.#kept.delete(index);
    }
  }

  /**
   * A block was saved as it is, so it can be loaded again.
   *
   * @param {number} index
   */
  settle(index) {
    const block = this.#changed.get(index);
    if (!this.#store || !block || index * BLOCK_SIZE >= this.size) return;
    this.#changed.delete(index);
    this.#saved.add(index);
    const isKept = this.isWhole || this.#kept.has(index);
    if (isKept) this.#kept.set(index, block);
    this.#pager.settled(this, index, isKept ? undefined : block);
  }

  /** Keep nothing that can be loaded again. */
  release() {
    this.isWhole = this.isNew = false;
    this.#kept.clear();
  }

  /**
   * What was saved is gone, or will be: count it as changed again.
   *
   * @returns {boolean} false, and nothing was done, if it is not all in memory
   */
  reclaim() {
    const saved = this.savedBlocks;
    const blocks = saved.map((index) => this.#kept.get(index) ?? this.#pager.get(this, index));
    if (blocks.includes(undefined)) return false;
    for (const [at, index] of saved.entries()) {
      const block = /** @type {Uint8Array} */ (blocks[at]);
      // One that it keeps is its own already, and may be forgotten once it is saved again.
      this.#changed.set(index, this.#kept.delete(index) ? block : block.slice());
    }
    this.#saved.clear();
    return true;
  }

  /**
   * @param {number} index
   * @returns {Uint8Array | undefined} a copy of a changed block, up to the end of the file; undefined if it
   *   is as in the base or the store
   */
  copyOf(index) {
    return this.#changed.get(index)?.slice(0, Math.min(BLOCK_SIZE, this.size - index * BLOCK_SIZE));
  }

  /** @returns {PagedContent} a copy, of a file that was never saved or is in memory as a whole */
  copy() {
    const saved = this.savedBlocks.filter((index) => this.#kept.has(index));
    const blocks = new Map(
      [...this.#changed.keys(), ...saved].map((index) => [
        index,
        /** @type {Uint8Array} */ (this.#block(index)).slice(0, this.size - index * BLOCK_SIZE),
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
    const absent = edges.filter((index) => this.isElsewhere(index) && !this.#block(index));
    for (const index of absent) this.#pager.note(this, index);
    if (absent.length > 0) return false;
    if (position > this.size && !this.resize(position)) return false;
    for (let index = first; index <= last; index++) {
      const start = Math.max(position, index * BLOCK_SIZE);
      const to = Math.min(end, (index + 1) * BLOCK_SIZE);
      const from = offset + start - position;
      this.#own(index).set(buffer.subarray(from, from + to - start), start - index * BLOCK_SIZE);
    }
    this.size = Math.max(this.size, end);
    return true;
  }

  /**
   * @param {number} size  bytes; what is added is zeros
   * @returns {boolean} false if the block that has the end is absent; nothing is changed then
   */
  resize(size) {
    return size > this.size ? this.#grow(size) : this.#shrink(size);
  }

  /** @param {number} size */
  #grow(size) {
    const rest = this.size % BLOCK_SIZE;
    const edge = Math.floor(this.size / BLOCK_SIZE);
    if (rest > 0 && !this.#has(edge * BLOCK_SIZE, this.size)) return false;
    this.#pager.before(this);
    // Beyond the end it may have what was there before the file was cut off.
    if (rest > 0) this.#own(edge).fill(0, rest);
    for (let index = Math.ceil(this.size / BLOCK_SIZE); index * BLOCK_SIZE < size; index++) {
      if (!this.#changed.has(index)) this.#own(index);
    }
    this.size = size;
    return true;
  }

  /** @param {number} size */
  #shrink(size) {
    const before = this.#pager.before(this);
    this.size = size;
    this.end = Math.min(this.end, size);
    const count = Math.ceil(size / BLOCK_SIZE);
    for (const index of this.#changed.keys()) {
      if (index < count) continue;
      this.#pager.before(this, index);
      this.#changed.delete(index);
    }
    for (const index of this.#saved) {
      if (index < count) continue;
      before?.saved.push(index);
      this.#saved.delete(index);
    }
    return true;
  }

  /**
   * @param {number} index
   * @returns {Uint8Array | undefined} what restore() takes
   */
  beforeOf(index) {
    return this.#changed.get(index)?.slice();
  }

  /** @param {Before} before  what the pager noted when a step began to change the file */
  restore({ size, end, blocks, saved }) {
    this.size = size;
    this.end = end;
    for (const index of saved) this.#saved.add(index);
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
    const clean = this.#kept.get(index) ?? this.#pager.get(this, index);
    if (!clean || this.#saved.has(index)) return clean;
    // Bytes of the base that were cut off are zeros, even where the file has grown again.
    return clipped(clean, this.end - index * BLOCK_SIZE);
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
      const counts = this.#saved.has(index) || index < this.baseBlocks;
      const clean = counts && this.#block(index);
      if (clean) block.set(clean);
      this.#changed.set(index, block);
    }
    return block;
  }
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
