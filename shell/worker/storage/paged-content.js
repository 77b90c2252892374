/**
 * What a paged file (paged-file.js) is made of, and where its blocks come from.
 */

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
 * @property {boolean} isNear  whether it is on this device, so that reading costs little
 */

/**
 * Reads what was saved of a file.
 *
 * @typedef {object} Saved
 * @property {(indexes: number[]) => Promise<Map<number, Uint8Array>>} read  by index, each of BLOCK_SIZE
 *   bytes or, at the end of the file, fewer; rejected with an error for a person if one is missing
 * @property {() => Promise<Blob | undefined>} copy  all of it as it was last saved; undefined if it never was
 * @property {(base: Base, first: number, end: number) => Promise<Uint8Array>} [readHost]  the bytes of some
 *   blocks of a base on a host, which may have been read before; rejected as Base.read()
 */

/** @typedef {import("../../shared/saved-store.js").BaseDescription} BaseDescription */

/**
 * A paged file as it is saved, or carried from one start to the next.
 *
 * @typedef {object} PagedContent
 * @property {number} size  bytes
 * @property {Base} [base]
 * @property {number} end   bytes of the base that still count; the rest was cut off
 * @property {Map<number, Uint8Array>} blocks  those that differ from the base, by index
 * @property {Iterable<number>} [saved]  indexes of more such blocks, which are in the store
 */

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
