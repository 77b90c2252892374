/**
 * Decides which blocks to load when some were found absent.
 *
 * Each load is a request to a host, and whatever failed starts over after it. So a step that goes on
 * failing loads more each time: blocks that follow each other are taken for a scan, whose portions double,
 * and many scattered ones make each of them bring some neighbours.
 */

/** Blocks of the largest run, which is one request: 4 MB. */
const MOST = 64;

/**
 * Blocks of the largest portion of a file on this device: 64 MB. Reading costs less than running a step once
 * more.
 */
const MOST_NEAR = 1024;

/** So many scattered blocks in a step double what each of them brings. */
const SCATTERED = 6;

/** Blocks between two portions that are loaded with them rather than making two requests of it. */
const GAP = 2;

/** @typedef {{first: number, count: number}} Run  blocks that follow each other */

export class ReadAhead {
  /** @type {Map<number, number>} size of the last portion of each scan, by the block that would be next */
  #scans = new Map();
  #scattered = 0;
  #most;

  /** @param {boolean} isNear  whether the file is on this device */
  constructor(isNear = false) {
    this.#most = isNear ? MOST_NEAR : MOST;
  }

  /**
   * @param {number[]} absent  indexes of blocks, in any order
   * @param {(index: number) => boolean} isWanted  whether a block is in the file and not here yet
   * @returns {Run[]} what to load, in order
   */
  plan(absent, isWanted) {
    /** @type {Set<number>} */
    const wanted = new Set();
    for (const index of [...new Set(absent)].sort((a, b) => a - b)) {
      if (wanted.has(index)) continue;
      const portion = this.#portionAt(index);
      for (let next = index; next < index + portion; next++) {
        if (isWanted(next)) wanted.add(next);
      }
    }
    return runs(
      [...wanted].sort((a, b) => a - b),
      isWanted,
    );
  }

  /**
   * @param {number} index
   * @returns {number} blocks to load from there on
   */
  #portionAt(index) {
    const last = this.#scans.get(index);
    this.#scans.delete(index);
    let portion;
    if (last !== undefined) portion = Math.min(this.#most, last * 2);
    else {
      portion = 2 ** Math.min(3, Math.floor(this.#scattered / SCATTERED));
      this.#scattered += 1;
    }
    this.#scans.set(index + portion, portion);
    return portion;
  }
}

/**
 * @param {number[]} indexes  in order
 * @param {(index: number) => boolean} isWanted
 * @returns {Run[]} with small gaps filled, none longer than the largest portion
 */
function runs(indexes, isWanted) {
  /** @type {Run[]} */
  const found = [];
  for (const index of indexes) {
    const last = found.at(-1);
    const end = last ? last.first + last.count : -1;
    if (
      last &&
      index - end <= GAP &&
      index - last.first < MOST &&
      allWanted(end, index, isWanted)
    ) {
      last.count = index - last.first + 1;
    } else found.push({ first: index, count: 1 });
  }
  return found;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {(index: number) => boolean} isWanted
 */
function allWanted(from, to, isWanted) {
  for (let index = from; index < to; index++) if (!isWanted(index)) return false;
  return true;
}
