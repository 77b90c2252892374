/**
 * Loads the blocks of paged files that were found absent, between two attempts of the same step.
 *
 * A *step* is something that runs without a pause, such as a query: begin(), the work, and then either all
 * blocks were there, or the step did not happen, whatever it returned or raised. In that case undo(), load()
 * and do it again; engine/sqlite/faults.py does. What a step has loaded stays until it is over, so that
 * every attempt gets further than the one before.
 */

import { BlockCache, cacheSize, keyOf, mostWhole } from "./block-cache.js";
import { PagedFile } from "./paged-file.js";
import { ReadAhead } from "./read-ahead.js";
import { BLOCK_SIZE } from "../../shared/blocks.js";
import { LiteError } from "../../shared/errors.js";

/** @typedef {import("./paged-content.js").PagedContent} PagedContent */
/** @typedef {import("./paged-content.js").Saved} Saved */
/** @typedef {import("./paged-file.js").Before} Before */
/** @typedef {import("./read-ahead.js").Run} Run */

/** Blocks that makeWhole() loads at a time: 4 MB. */
const MOST_KEPT = 64;

/** Requests at a time. Browsers allow six to a host that speaks HTTP/1.1. */
const AT_A_TIME = 6;

/** The device's memory in GB, where the browser says. */
const memory = /** @type {{deviceMemory?: number}} */ (globalThis.navigator ?? {}).deviceMemory;

/** What a step that is attempted several times has loaded so far. */
class Step {
  /** @type {Map<PagedFile, ReadAhead>} */
  readAhead = new Map();
  /** @type {Set<number>} keys of its blocks */
  blocks = new Set();
}

/** A file as it was saved, which is read in pieces and takes no memory. */
class SavedCopy {
  #blob;

  /** @param {Blob} blob */
  constructor(blob) {
    this.#blob = blob;
  }

  /** @returns {number} bytes */
  get size() {
    return this.#blob.size;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {Promise<Uint8Array>}
   */
  async read(start, end) {
    return new Uint8Array(await this.#blob.slice(start, end).arrayBuffer());
  }
}

export class Pager {
  #cache;
  #most;
  #count = 0;
  /** @type {Set<PagedFile>} those that are not in memory as a whole */
  #files = new Set();
  /** @type {Array<[file: PagedFile, index: number]>} found absent since begin() */
  #absent = [];
  /** @type {Map<PagedFile, Before>} what the present step has changed */
  #before = new Map();
  /** Whether changes are noted, so that undo() can take them back. */
  #isInStep = false;
  /** @type {Set<Step>} those between two attempts */
  #steps = new Set();
  /** @type {Map<number, Promise<unknown>>} by key: blocks that are being loaded */
  #loading = new Map();
  /** @type {Set<Set<number>>} for each load in progress: keys of blocks that were saved meanwhile */
  #late = new Set();
  #find;

  /**
   * @param {(path: string) => PagedFile | undefined} find  returns the paged file at an absolute path
   * @param {number} [cached]  bytes of blocks to keep that can be loaded again
   * @param {number} [most]    bytes of the largest file that may be in memory as a whole
   */
  constructor(find, cached = cacheSize(memory), most = mostWhole(memory)) {
    this.#find = find;
    this.#most = most;
    this.#cache = new BlockCache(cached);
  }

  /** @returns {boolean} whether there is any file that is not in memory as a whole */
  get isUsed() {
    return this.#files.size > 0;
  }

  /**
   * @param {string} path  absolute
   * @returns {boolean} whether not all of a file is in memory
   */
  has(path) {
    return this.#find(path)?.isWhole === false;
  }

  /**
   * @param {string} path  absolute
   * @returns {boolean} whether makeWhole() cannot help: too much of a file is elsewhere
   */
  staysPartial(path) {
    const file = this.#find(path);
    return file?.isWhole === false && !(file.isNear && file.size <= this.#most);
  }

  /**
   * @param {string} path  absolute
   * @returns {boolean} whether savedCopy() may have it
   */
  isOnDevice(path) {
    return this.has(path) && this.#find(path)?.isSaved === true;
  }

  /**
   * @param {string} path  absolute
   * @returns {boolean} whether parts of a file are on a host
   */
  isOnHost(path) {
    return this.#find(path)?.isNear === false;
  }

  /** @returns {number} bytes that may be in memory that nobody needs at present */
  get mostIdle() {
    return this.#cache.most;
  }

  /** @returns {number} bytes from this device that may be in memory at once for a request */
  get mostNear() {
    return this.#most;
  }

  /** @returns {boolean} whether all that was found absent since begin() is on this device */
  get isNear() {
    return this.#absent.every(([file, index]) => file.isNearAt(index));
  }

  /** @returns {boolean} whether a block was found absent since begin() */
  get isMissing() {
    return this.#absent.length > 0;
  }

  /**
   * @param {PagedContent} content
   * @param {Saved} [store]  as PagedFile takes it
   * @param {boolean} [isNew]  whether it is made here, in memory
   * @returns {PagedFile}
   */
  open(content, store, isNew = false) {
    const file = new PagedFile(++this.#count, this, content, store);
    file.isWhole = file.isNew = isNew;
    if (!isNew) this.#files.add(file);
    return file;
  }

  /** @param {PagedFile} file  that was deleted */
  close(file) {
    this.#files.delete(file);
    this.#cache.drop(file);
  }

  /**
   * A file that was made here has been saved: unless it is small, it need not be in memory any more.
   *
   * @param {PagedFile} file
   */
  release(file) {
    if (!file.isNew || file.size <= this.mostIdle || file.changedBlocks.length > 0) return;
    file.release();
    this.#files.add(file);
  }

  /**
   * Bring all of a file into memory, for what cannot be done in steps.
   *
   * @param {string} path  absolute; nothing happens unless it is a paged file
   * @returns {Promise<void>}
   * @throws {import("../../shared/errors.js").LiteError} it cannot be read
   */
  async makeWhole(path) {
    const file = this.#find(path);
    if (file) file.isNew = false; // it is needed, so it must stay
    if (!file || file.isWhole || this.staysPartial(path)) return;
    await this.#keep(file, () => Array.from({ length: file.blockCount }, (_, index) => index));
    file.isWhole = true;
    this.#files.delete(file);
  }

  /**
   * @param {string} path  absolute
   * @returns {Promise<SavedCopy | undefined>} a file as it was last saved; undefined if it is in memory as a
   *   whole, or parts of it are elsewhere
   * @throws {import("../../shared/errors.js").LiteError} a part is missing
   */
  async savedCopy(path) {
    const blob = this.has(path) ? await this.#find(path)?.savedCopy() : undefined;
    return blob && new SavedCopy(blob);
  }

  /**
   * Have a part of a file in memory that is read from its beginning to its end, and no other part.
   *
   * @param {string} path  absolute; nothing happens unless it is a paged file
   * @param {number} start  bytes
   * @param {number} end    bytes; may be beyond the end of the file
   * @returns {Promise<void>}
   * @throws {LiteError} it cannot be read
   */
  async slide(path, start, end) {
    const file = this.#find(path);
    if (!file || file.isWhole) return;
    const first = Math.floor(start / BLOCK_SIZE);
    const count = Math.min(Math.ceil(end / BLOCK_SIZE), file.blockCount) - first;
    file.keepOnly(first, first + count);
    await this.#keep(file, () => Array.from({ length: count }, (_, offset) => first + offset));
  }

  /**
   * Bring what was saved of a file into memory, so that the file can be renamed.
   *
   * @param {string} path  absolute; nothing happens unless it is a paged file
   * @returns {Promise<void>}
   * @throws {LiteError} it cannot be read, or does not fit
   */
  async gather(path) {
    const file = this.#find(path);
    if (!file) return;
    if (file.savedBlocks.length * BLOCK_SIZE > this.#most) throw tooLargeToRename(path);
    await this.#keep(file, () => file.savedBlocks);
  }

  /** Begin a step, or another attempt of it. */
  begin() {
    this.#absent = [];
    this.#before.clear();
    this.#isInStep = true;
  }

  /** The step has happened. */
  end() {
    this.#before.clear();
    this.#isInStep = false;
  }

  /**
   * Take back what the step has changed in paged files.
   *
   * @returns {boolean} whether it had changed anything
   */
  undo() {
    const changed = this.#before.size > 0;
    for (const [file, before] of this.#before) file.restore(before);
    this.end();
    return changed;
  }

  /** @returns {Step} to be passed to load() after each attempt, and then to finish() */
  step() {
    const step = new Step();
    this.#steps.add(step);
    return step;
  }

  /** @param {Step} step  that has happened, or was given up */
  finish(step) {
    this.#steps.delete(step);
    this.trim();
  }

  /**
   * Load what was found absent, and what is likely to be read next.
   *
   * @param {Step} step
   * @param {number} most  bytes that may be loaded
   * @returns {Promise<number>} bytes that were loaded; more than `most` if nothing was, since it would take
   *   so many
   * @throws {import("../../shared/errors.js").LiteError} they cannot be read
   */
  async load(step, most) {
    const absent = this.#absent;
    this.#absent = [];
    /** @type {Map<PagedFile, number[]>} */
    const byFile = new Map();
    for (const [file, index] of absent) byFile.set(file, [...(byFile.get(file) ?? []), index]);
    for (const [file, index] of absent) step.blocks.add(keyOf(file, index));
    const waiting = absent.map(([file, index]) => this.#loading.get(keyOf(file, index)));
    /** @type {Array<[PagedFile, Run]>} */
    let runs = [...byFile].flatMap(([file, indexes]) => this.#plan(step, file, indexes));
    if (sizeOf(runs) > most) runs = this.#needed(byFile);
    const needed = sizeOf(runs);
    if (needed > most) return needed;
    const alone = this.#needed(byFile);
    const reading = this.#read(runs).catch((error) => {
      // Without a network, what was read before is still there, but not what follows it.
      if (sizeOf(alone) === needed) throw error;
      return this.#read(alone);
    });
    const keys = runs.flatMap(([file, { first, count }]) =>
      Array.from({ length: count }, (_, offset) => keyOf(file, first + offset)),
    );
    for (const key of keys) {
      this.#loading.set(key, reading);
      step.blocks.add(key);
    }
    await Promise.all([...waiting, reading]).finally(() => {
      for (const key of keys) this.#loading.delete(key);
    });
    return needed;
  }

  /**
   * @param {PagedFile} file
   * @param {number} index
   * @returns {Uint8Array | undefined} a block that was loaded or saved; undefined if it is absent
   */
  get(file, index) {
    return this.#cache.get(file, index);
  }

  /**
   * A block was saved, so whatever was being loaded in its place is out of date.
   *
   * @param {PagedFile} file
   * @param {number} index
   * @param {Uint8Array} [block]  unless the file keeps it
   */
  settled(file, index, block) {
    for (const late of this.#late) late.add(keyOf(file, index));
    if (block) this.#cache.put(file, index, block);
  }

  /** Forget what exceeds the limit, and no step needs. */
  trim() {
    this.#cache.trim((key) => [...this.#steps].some(({ blocks }) => blocks.has(key)));
  }

  /**
   * @param {PagedFile} file
   * @param {number} index  of a block that is absent
   */
  note(file, index) {
    this.#absent.push([file, index]);
  }

  /**
   * A file is about to change, and a block of it if `index` says so.
   *
   * @param {PagedFile} file
   * @param {number} [index]
   * @returns {Before | undefined} what undo() will restore, if a step is under way
   */
  before(file, index) {
    if (!this.#isInStep) return undefined;
    const { size, end } = file;
    let before = this.#before.get(file);
    if (!before) this.#before.set(file, (before = { size, end, blocks: new Map(), saved: [] }));
    if (index !== undefined && !before.blocks.has(index)) {
      before.blocks.set(index, file.beforeOf(index));
    }
    return before;
  }

  /**
   * @param {Step} step
   * @param {PagedFile} file
   * @param {number[]} absent
   * @returns {Array<[PagedFile, Run]>}
   */
  #plan(step, file, absent) {
    let readAhead = step.readAhead.get(file);
    if (!readAhead) step.readAhead.set(file, (readAhead = new ReadAhead(file.isNear)));
    return readAhead.plan(absent, this.#isWanted(file)).map((run) => [file, run]);
  }

  /**
   * @param {Map<PagedFile, number[]>} byFile
   * @returns {Array<[PagedFile, Run]>} only what was found absent
   */
  #needed(byFile) {
    return [...byFile].flatMap(([file, indexes]) =>
      [...new Set(indexes)]
        .filter(this.#isWanted(file))
        .map((first) => /** @type {[PagedFile, Run]} */ ([file, { first, count: 1 }])),
    );
  }

  /**
   * @param {PagedFile} file
   * @returns {(index: number) => boolean} whether a block has to be loaded
   */
  #isWanted(file) {
    return (index) =>
      file.isElsewhere(index) &&
      !this.#cache.has(file, index) &&
      !this.#loading.has(keyOf(file, index));
  }

  /**
   * @param {Array<[PagedFile, Run]>} runs
   * @returns {Promise<void>} settled when they are in the cache
   */
  async #read(runs) {
    await this.#fetch(runs, (file, index, block) => this.#cache.put(file, index, block));
  }

  /**
   * Have a file keep blocks, until all of those are in memory.
   *
   * @param {PagedFile} file
   * @param {() => number[]} wanted  indexes of the blocks, in order
   */
  async #keep(file, wanted) {
    for (;;) {
      const absent = wanted().filter((index) => file.isElsewhere(index));
      if (absent.length === 0) return;
      const [first] = absent;
      const count = absent.findIndex((index, at) => at === MOST_KEPT || index !== first + at);
      const run = { first, count: count < 0 ? absent.length : count };
      await this.#fetch([[file, run]], (_, index, block) => file.keep(index, block));
    }
  }

  /**
   * @param {Array<[PagedFile, Run]>} runs
   * @param {(file: PagedFile, index: number, block: Uint8Array) => void} take  called with each block
   * @returns {Promise<void>}
   */
  async #fetch(runs, take) {
    const queue = [...runs];
    /** @type {Array<[PagedFile, Run, Uint8Array[]]>} */
    const found = [];
    const reader = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [file, { first, count }] = next;
        found.push([...next, await file.load(first, count)]);
      }
    };
    /** @type {Set<number>} */
    const late = new Set();
    this.#late.add(late);
    try {
      await Promise.all(Array.from({ length: Math.min(AT_A_TIME, runs.length) }, reader));
      for (const base of new Set(runs.map(([file]) => file.base))) await base?.verify();
    } finally {
      this.#late.delete(late);
    }
    for (const [file, { first }, blocks] of found) {
      for (const [offset, block] of blocks.entries()) {
        if (!late.has(keyOf(file, first + offset))) take(file, first + offset, block);
      }
    }
  }
}

/**
 * @param {string} path
 * @returns {LiteError}
 */
function tooLargeToRename(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return new LiteError(`${name} cannot be renamed: what is saved of it does not fit into memory.`, {
    hint: "Download it, give the file another name, and open that.",
    source: name,
  });
}

/**
 * @param {Array<[PagedFile, Run]>} runs
 * @returns {number} bytes
 */
function sizeOf(runs) {
  return runs.reduce((sum, [, { count }]) => sum + count, 0) * BLOCK_SIZE;
}
