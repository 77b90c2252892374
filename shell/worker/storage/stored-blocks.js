/**
 * Reads blocks of a running instance's files from the store, where they were saved.
 */

import { HostBlocks } from "./host-blocks.js";
import { incomplete, readFile } from "../../shared/saved-contents.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").BaseDescription} BaseDescription */
/** @typedef {import("./saver.js").OpenStore} OpenStore */

export class StoredBlocks {
  /** Has blocks of files on hosts. */
  hostBlocks;
  #generation;
  #openStore;

  /**
   * @param {OpenStore} openStore
   * @param {string} [generation]
   */
  constructor(openStore, generation = "") {
    this.#openStore = openStore;
    this.hostBlocks = new HostBlocks(openStore);
    this.#generation = this.hostBlocks.generation = generation;
  }

  /** @returns {string} the generation that they belong to; "" while nothing is saved */
  get generation() {
    return this.#generation;
  }

  set generation(generation) {
    this.#generation = this.hostBlocks.generation = generation;
  }

  /**
   * @param {string} path  of a file, relative to the instance's folder
   * @param {number[]} indexes  in order
   * @returns {Promise<Map<number, Uint8Array>>} the blocks by index
   * @throws {import("../../shared/errors.js").LiteError} one of them is missing, or the store does not open
   */
  async read(path, indexes) {
    const store = await this.#openStore();
    try {
      return await this.#read(store, path, indexes);
    } catch (error) {
      // The browser has closed it meanwhile.
      if (!(error instanceof Error) || error.name !== "InvalidStateError") throw error;
      return this.#read(await this.#openStore(store), path, indexes);
    }
  }

  /**
   * @param {string} path
   * @param {BaseDescription} [base]  that the file has; what is saved with another base is another file
   * @returns {Promise<Blob | undefined>} the file as it was last saved, which takes no memory; undefined if
   *   it is not saved
   * @throws {import("../../shared/errors.js").LiteError} a part is missing, or the store does not open
   */
  async copy(path, base) {
    if (this.generation === "") return undefined;
    return readFile(await this.#openStore(), this.generation, path, base);
  }

  /**
   * @param {Store} store
   * @param {string} path
   * @param {number[]} indexes
   * @returns {Promise<Map<number, Uint8Array>>}
   */
  async #read(store, path, indexes) {
    const first = indexes[0];
    const last = indexes[indexes.length - 1];
    const blocks = store.transaction("blocks").store;
    const key = (/** @type {number} */ index) =>
      /** @type {[string, string, number]} */ ([this.generation, path, index]);
    const isRun = last - first + 1 === indexes.length;
    const found = isRun
      ? await blocks.getAll(IDBKeyRange.bound(key(first), key(last)))
      : await Promise.all(indexes.map((index) => blocks.get(key(index))));
    if (found.length !== indexes.length) throw incomplete(path);
    /** @type {Map<number, Uint8Array>} */
    const byIndex = new Map();
    for (const [at, block] of found.entries()) {
      if (!block) throw incomplete(path);
      byIndex.set(indexes[at], block);
    }
    return byIndex;
  }
}
