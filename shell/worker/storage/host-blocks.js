/**
 * Stores blocks that were read from hosts, so that they can be read again without a network.
 *
 * They are in the store beside the copies of the person's files (saved-bases.js) and go with their workspace.
 * Nothing depends on them: what cannot be stored, or the browser has deleted, is read from its host.
 */

import { inTransaction } from "./transaction.js";
import { BLOCK_SIZE } from "../../shared/blocks.js";
import { hostedId, keysOf } from "../../shared/saved-store.js";

/** @typedef {import("./paged-content.js").Base} Base */
/** @typedef {import("./saver.js").OpenStore} OpenStore */

/** Blocks that are stored of a file: 256 MB. Those that have been there longest make room for others. */
const MOST = 4096;

/** Blocks that wait until their workspace is saved: 32 MB. */
const MOST_WAITING = 512;

export class HostBlocks {
  #openStore;
  #most;
  /** The generation that they belong to; "" while nothing is saved. */
  #generation = "";
  /** @type {Map<string, Promise<Set<number>>>} by id: indexes of the blocks that are stored */
  #stored = new Map();
  /** @type {Array<[id: string, index: number, block: Uint8Array]>} */
  #waiting = [];
  /** Settled when all that was to be stored so far is, or cannot be. */
  #storing = Promise.resolve();

  /**
   * @param {OpenStore} openStore
   * @param {number} [most]  blocks of a file
   */
  constructor(openStore, most = MOST) {
    this.#openStore = openStore;
    this.#most = most;
  }

  /** @param {string} generation  in which blocks are stored from now on */
  set generation(generation) {
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#stored.clear();
    if (generation !== "") this.#store();
  }

  /**
   * @param {Base} base
   * @param {number} first
   * @param {number} end
   * @returns {Promise<Uint8Array>} the bytes of these blocks, up to the end of the base
   * @throws {import("../../shared/errors.js").LiteError} as the base's read()
   */
  async read(base, first, end) {
    const id = hostedId(base.description);
    // Without a name for the version, what was read may be of another one until the base is verified.
    if (id === "") return base.read(first * BLOCK_SIZE, Math.min(end * BLOCK_SIZE, base.size));
    const bytes = new Uint8Array(Math.min(end * BLOCK_SIZE, base.size) - first * BLOCK_SIZE);
    const stored = await this.#storedOf(id);
    for (let from = first, to = first; from < end; from = to) {
      const isStored = stored.has(from);
      while (to < end && stored.has(to) === isStored) to++;
      const start = from * BLOCK_SIZE;
      const found = isStored ? await this.#readStored(id, from, to) : undefined;
      const part = found ?? (await base.read(start, Math.min(to * BLOCK_SIZE, base.size)));
      bytes.set(part, start - first * BLOCK_SIZE);
      if (!found) this.#keep(id, from, part);
    }
    return bytes;
  }

  /** @returns {Promise<void>} settled when all that was read so far is stored, or cannot be */
  settled() {
    return this.#storing;
  }

  /**
   * @param {string} id
   * @returns {Promise<Set<number>>}
   */
  async #storedOf(id) {
    const generation = this.#generation;
    if (generation === "") return new Set();
    let found = this.#stored.get(id);
    if (!found) {
      found = this.#openStore()
        .then((store) => store.getAllKeys("bases", keysOf(generation, id)))
        .then((keys) => new Set(keys.map(([, , index]) => index)))
        .catch(() => new Set());
      this.#stored.set(id, found);
    }
    return found;
  }

  /**
   * @param {string} id
   * @param {number} from
   * @param {number} to
   * @returns {Promise<Uint8Array | undefined>} undefined if they are not all there
   */
  async #readStored(id, from, to) {
    const key = (/** @type {number} */ index) =>
      /** @type {[string, string, number]} */ ([this.#generation, id, index]);
    try {
      const store = await this.#openStore();
      const blocks = await store.getAll("bases", IDBKeyRange.bound(key(from), key(to - 1)));
      if (blocks.length !== to - from) return undefined;
      return new Uint8Array(await new Blob(blocks).arrayBuffer());
    } catch (error) {
      console.info("Blocks that were read before are read again.", error);
      return undefined;
    }
  }

  /**
   * @param {string} id
   * @param {number} first
   * @param {Uint8Array} bytes
   */
  #keep(id, first, bytes) {
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      if (this.#waiting.length >= MOST_WAITING) break;
      this.#waiting.push([id, first + at / BLOCK_SIZE, bytes.slice(at, at + BLOCK_SIZE)]);
    }
    if (this.#generation !== "") this.#store();
  }

  /** Store what waits for it. Nobody waits for that. */
  #store() {
    this.#storing = this.#storing.then(async () => {
      const generation = this.#generation;
      const blocks = this.#waiting.splice(0);
      if (blocks.length === 0) return;
      try {
        await this.#put(generation, blocks);
      } catch (error) {
        console.info("Blocks that were read are not stored.", error);
      }
    });
  }

  /**
   * @param {string} generation
   * @param {Array<[id: string, index: number, block: Uint8Array]>} blocks
   */
  async #put(generation, blocks) {
    const ids = new Set(blocks.map(([id]) => id));
    const known = new Map();
    for (const id of ids) known.set(id, new Set(await this.#storedOf(id)));
    const store = await this.#openStore();
    await inTransaction(
      store,
      (transaction, ask) => {
        const bases = transaction.objectStore("bases");
        for (const [id, index, block] of blocks) {
          ask(bases.put(/** @type {Uint8Array<ArrayBuffer>} */ (block), [generation, id, index]));
          known.get(id).add(index);
        }
        for (const [id, indexes] of known) {
          for (const index of indexes) {
            if (indexes.size <= this.#most) break;
            indexes.delete(index);
            ask(bases.delete([generation, id, index]));
          }
        }
      },
      "relaxed",
      ["bases"],
    );
    if (generation !== this.#generation) return;
    for (const [id, indexes] of known) this.#stored.set(id, Promise.resolve(indexes));
  }
}
