/**
 * Loads the blocks of paged files that were found absent, between two attempts of the same step.
 *
 * A *step* is something that runs without a pause, such as a query: begin(), the work, and then either all
 * blocks were there, or the step did not happen, whatever it returned or raised. In that case undo(), load()
 * and do it again; engine/sqlite/faults.py does. What a step has loaded stays until it is over, so that
 * every attempt gets further than the one before.
 */

import { BlockCache, cacheSize, keyOf } from "./block-cache.js";
import { PagedFile } from "./paged-file.js";
import { ReadAhead } from "./read-ahead.js";
import { BLOCK_SIZE } from "../../shared/blocks.js";

/** @typedef {import("./paged-file.js").PagedContent} PagedContent */
/** @typedef {import("./paged-file.js").Before} Before */
/** @typedef {import("./read-ahead.js").Run} Run */

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

export class Pager {
  #cache;
  #files = 0;
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

  /**
   * @param {(path: string) => boolean} has  whether a file, by its absolute path, is a paged one
   * @param {number} [cached]  bytes of blocks to keep that can be loaded again
   */
  constructor(has, cached = cacheSize(memory)) {
    this.has = has;
    this.#cache = new BlockCache(cached);
  }

  /** @returns {boolean} whether there is any paged file */
  get isUsed() {
    return this.#files > 0;
  }

  /** @returns {boolean} whether a block was found absent since begin() */
  get isMissing() {
    return this.#absent.length > 0;
  }

  /**
   * @param {PagedContent} content
   * @returns {PagedFile}
   */
  open(content) {
    this.#files += 1;
    return new PagedFile(this.#files, this, content);
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
    this.#cache.trim((key) => [...this.#steps].some(({ blocks }) => blocks.has(key)));
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
    const reading = this.#read(runs);
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
   * @returns {Uint8Array | undefined} a block of the base; undefined if it is absent
   */
  get(file, index) {
    return this.#cache.get(file, index);
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
   */
  before(file, index) {
    if (!this.#isInStep) return;
    const { size, end } = file;
    let before = this.#before.get(file);
    if (!before) this.#before.set(file, (before = { size, end, blocks: new Map() }));
    if (index === undefined || before.blocks.has(index)) return;
    before.blocks.set(index, file.beforeOf(index));
  }

  /**
   * @param {Step} step
   * @param {PagedFile} file
   * @param {number[]} absent
   * @returns {Array<[PagedFile, Run]>}
   */
  #plan(step, file, absent) {
    let readAhead = step.readAhead.get(file);
    if (!readAhead) step.readAhead.set(file, (readAhead = new ReadAhead()));
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
      file.isInBase(index) &&
      !this.#cache.has(file, index) &&
      !this.#loading.has(keyOf(file, index));
  }

  /**
   * @param {Array<[PagedFile, Run]>} runs
   * @returns {Promise<void>} settled when they are in the cache
   */
  async #read(runs) {
    const queue = [...runs];
    /** @type {Array<[PagedFile, Run, Uint8Array]>} */
    const found = [];
    const reader = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [file, run] = next;
        const start = run.first * BLOCK_SIZE;
        const end = Math.min(start + run.count * BLOCK_SIZE, file.base.size);
        found.push([file, run, await file.base.read(start, end)]);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, runs.length) }, reader));
    for (const base of new Set(runs.map(([file]) => file.base))) await base.verify();
    for (const [file, { first, count }, bytes] of found) {
      for (let offset = 0; offset < count; offset++) {
        const block = new Uint8Array(BLOCK_SIZE);
        block.set(bytes.subarray(offset * BLOCK_SIZE, (offset + 1) * BLOCK_SIZE));
        this.#cache.put(file, first + offset, block);
      }
    }
  }
}

/**
 * @param {Array<[PagedFile, Run]>} runs
 * @returns {number} bytes
 */
function sizeOf(runs) {
  return runs.reduce((sum, [, { count }]) => sum + count, 0) * BLOCK_SIZE;
}
