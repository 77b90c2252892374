/**
 * Unpacks in Python what browsers cannot: gzip with several members, bzip2, xz, Zstandard, tar.
 *
 * unpack.js decides which of the unpacked files are data.
 */

import { mostBytes } from "./capacity.js";
import { valueOf } from "../runtime/python-result.js";

/** @typedef {"gzip" | "bzip2" | "xz" | "zstd"} Compression */

/** This much of a file is enough to unpack its head. */
const HEAD_OF_PACKED = 2 * 1024 * 1024;

export class PythonUnpacker {
  #fs;
  #python;
  #folder;
  #guard;
  #count = 0;

  /**
   * @param {any} fs      Pyodide's file system
   * @param {any} python  BrowserInstance of bootstrap.py
   * @param {string} folder  where files may lie for a moment
   * @param {<T>(work: Promise<T>) => Promise<T>} guard  rejects when Python breaks down
   */
  constructor(fs, python, folder, guard) {
    this.#fs = fs;
    this.#python = python;
    this.#folder = folder;
    this.#guard = guard;
  }

  /**
   * @param {Compression} kind
   * @param {Uint8Array | Blob} data  left unchanged
   * @param {string} source  the name that people know it by
   * @param {number} [head]  bytes to unpack, if only its head is wanted
   * @returns {Promise<{data: Uint8Array, complete: boolean, notes: string[]}>}
   * @throws {import("../../shared/errors.js").LiteError} it is damaged, or too large
   */
  async unpack(kind, data, source, head) {
    const part = head === undefined ? data : data.slice(0, HEAD_OF_PACKED);
    const size = data instanceof Blob ? data.size : data.length;
    return this.#with(part, async (path, out) => {
      const most = head ?? mostBytes();
      const work = this.#python.unpack(kind, path, out, source, most, head !== undefined);
      const { complete, notes } = valueOf(await this.#guard(work));
      const whole = head === undefined || size <= HEAD_OF_PACKED;
      return { data: this.#take(out), complete: complete && whole, notes };
    });
  }

  /**
   * @param {Uint8Array | Blob} data  of a tar archive, left unchanged
   * @param {string} source
   * @param {(names: string[]) => Array<import("../../shared/journals.js").Together<string>>} choose  picks
   *   files
   * @returns {AsyncGenerator<import("./unpack.js").Content, void, void>}
   * @throws {import("../../shared/errors.js").LiteError} it is damaged, or a file in it is too large
   */
  async *untar(data, source, choose) {
    const path = await this.#layOut(data);
    const out = `${path}-out`;
    try {
      const members = valueOf(await this.#guard(this.#python.tar_members(path, source)));
      const names = members.map((/** @type {[string, number]} */ [name]) => name);
      /** @param {string} name */
      const member = async (name) => {
        const work = this.#python.tar_member(path, name, out, source, mostBytes());
        valueOf(await this.#guard(work));
        return this.#take(out);
      };
      for (const { database: name, journals } of choose(names)) {
        const beside = [];
        for (const { suffix, journal } of journals) {
          beside.push({ suffix, data: await member(journal) });
        }
        yield { name, data: await member(name), journals: beside };
      }
    } finally {
      this.#remove(path);
      this.#remove(out);
    }
  }

  /**
   * @template T
   * @param {Uint8Array | Blob} data
   * @param {(path: string, out: string) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #with(data, work) {
    const path = await this.#layOut(data);
    const out = `${path}-out`;
    try {
      return await work(path, out);
    } finally {
      this.#remove(path);
      this.#remove(out);
    }
  }

  /**
   * @param {Uint8Array | Blob} data
   * @returns {Promise<string>} its path
   */
  async #layOut(data) {
    const path = `${this.#folder}/packed-${++this.#count}`;
    const bytes = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;
    // Nothing writes to it there, so the bytes need not exist twice.
    this.#fs.writeFile(path, bytes, { canOwn: true });
    return path;
  }

  /**
   * @param {string} path
   * @returns {Uint8Array} the content of the file, which is removed
   */
  #take(path) {
    const { contents, usedBytes } = this.#fs.lookupPath(path).node;
    // Content that is written in one go is kept as signed bytes.
    const bytes = new Uint8Array(contents.buffer, contents.byteOffset, usedBytes);
    this.#fs.unlink(path);
    return bytes;
  }

  /** @param {string} path */
  #remove(path) {
    if (this.#fs.analyzePath(path).exists) this.#fs.unlink(path);
  }
}
