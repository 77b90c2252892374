/**
 * Reads a file of the person's in slices, instead of bringing all of it into memory.
 *
 * The browser has it on disk: where the person has it at first, and then in the store, which keeps a copy.
 */

import { LiteError } from "../../shared/errors.js";

/** @typedef {import("./paged-content.js").Base} Base */
/** @typedef {import("../../shared/saved-store.js").LocalDescription} LocalDescription */

/** @implements {Base} */
export class LocalBase {
  isNear = true;
  description;
  /** Its content. */
  blob;
  /** The generation in which the store has it; "" while it does not. */
  generation = "";

  /**
   * @param {LocalDescription} description
   * @param {Blob} blob
   */
  constructor(description, blob) {
    this.description = description;
    this.blob = blob;
  }

  /**
   * @param {File} file  that is not in the store yet
   * @returns {LocalBase}
   */
  static of(file) {
    return LocalBase.named(file.name, file);
  }

  /**
   * @param {string} name
   * @param {Blob} blob  that is not in the store yet
   * @returns {LocalBase}
   */
  static named(name, blob) {
    const { size } = blob;
    return new LocalBase({ kind: "local", id: crypto.randomUUID(), name, size }, blob);
  }

  /** @returns {number} bytes */
  get size() {
    return this.description.size;
  }

  /** @type {Base["read"]} */
  async read(start, end) {
    const { blob } = this;
    try {
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    } catch (cause) {
      // The copy in the store took the place of the file meanwhile.
      if (blob !== this.blob) return this.read(start, end);
      throw unreadable(this.description.name, cause);
    }
  }

  async verify() {}
}

/**
 * @param {string} name
 * @param {unknown} cause
 */
function unreadable(name, cause) {
  return new LiteError(`A part of ${name} could not be read from this device.`, {
    hint:
      "The file was changed, moved or deleted after it was opened, or the browser has removed its copy " +
      "because it ran out of space. Open the file again.",
    source: name,
    cause,
  });
}
