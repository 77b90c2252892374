/**
 * The files of a watched file system: where they are, and their blocks, whether all of a file is in memory
 * or not.
 */

import { BLOCK_SIZE } from "../../shared/blocks.js";

/** @typedef {any} FileSystem  Emscripten's FS, most of which has no published types */
/** @typedef {import("./paged-file.js").PagedFile} PagedFile */
/** @typedef {import("../../shared/saved-store.js").SavedBase} SavedBase */

/**
 * A file of MEMFS: `contents` has room for more than the `usedBytes` it holds. Of a file that is not in
 * memory as a whole, `paged` has the contents instead.
 *
 * @typedef {any} FileNode
 */

/** A folder in the mount for what is on its way to become a file there: it is not watched. */
export const UNWATCHED = "incoming";

/** The end of the names there of databases that are being made (engine/importing/landing.py). */
const MADE = ".import";

// WASI's numbers, as Emscripten uses them.
/** EAGAIN. SQLite stops with “disk I/O error” and can go on afterwards; EIO would count as damage. */
export const ABSENT = 6;
const NO_SUCH_DEVICE = 43;

/**
 * Have a file's contents come from elsewhere.
 *
 * @param {FileSystem} fs
 * @param {FileNode} node   of an empty file of MEMFS
 * @param {PagedFile} paged
 * @param {(start: number, end: number) => void} onWrite  called with the bytes that changed
 */
export function makePaged(fs, node, paged, onWrite) {
  node.paged = paged;
  node.contents = null;
  // By which MEMFS tells the size.
  Object.defineProperty(node, "usedBytes", { get: () => paged.size });
  /** @type {(node: FileNode, attributes: {size?: number}) => void} */
  const setattr = (_node, { size, ...others }) => {
    fs.filesystems.MEMFS.node_ops.setattr(node, others);
    const before = paged.size;
    if (size === undefined || size === before) return;
    if (!paged.resize(size)) throw new fs.ErrnoError(ABSENT);
    onWrite(Math.min(before, size), size);
  };
  /** @type {(stream: any, buffer: any, offset: number, length: number, position: number) => number} */
  const read = (_stream, buffer, offset, length, position) => {
    const count = paged.read(buffer, offset, length, position);
    if (count < 0) throw new fs.ErrnoError(ABSENT);
    return count;
  };
  /** @type {(stream: any, buffer: any, offset: number, length: number, position: number) => number} */
  const write = (_stream, buffer, offset, length, position) => {
    if (length === 0) return 0;
    const before = paged.size;
    if (!paged.write(buffer, offset, length, position)) throw new fs.ErrnoError(ABSENT);
    onWrite(Math.min(before, position), position + length);
    return length;
  };
  const mmap = () => {
    throw new fs.ErrnoError(NO_SUCH_DEVICE);
  };
  node.node_ops = { ...node.node_ops, setattr };
  node.stream_ops = { ...node.stream_ops, read, write, mmap };
}

/**
 * @param {FileNode} node
 * @returns {number[]} indexes of the blocks that are saved of it
 */
export function blocksOf(node) {
  if (node.paged) return node.paged.changedBlocks;
  return Array.from({ length: countOf(node) }, (_, index) => index);
}

/**
 * @param {FileNode} node
 * @returns {number} how many blocks are saved of it
 */
export function countOf({ paged, usedBytes }) {
  return paged ? paged.localBlocks : Math.ceil(usedBytes / BLOCK_SIZE);
}

/**
 * A copy, since what is stored later must be what is there now, and a view would be stored with all of the
 * buffer behind it.
 *
 * @param {FileNode} node
 * @param {number} index
 * @returns {Uint8Array | undefined} undefined if it is beyond the end, or in the file's base
 */
export function copyOf({ paged, contents, usedBytes }, index) {
  const start = index * BLOCK_SIZE;
  if (start >= usedBytes) return undefined;
  if (paged) return paged.copyOf(index);
  return contents.slice(start, Math.min(start + BLOCK_SIZE, usedBytes));
}

/**
 * @param {FileNode} node
 * @returns {{base?: SavedBase}}
 */
export function baseOf({ paged }) {
  return paged?.base ? { base: { ...paged.base.description, end: paged.end } } : {};
}

/**
 * @param {FileNode} node
 * @returns {boolean} whether it is anywhere; a file that is deleted while open lives on until it is closed
 */
export function isPlaced(node) {
  return node.parent === node || node.parent.contents[node.name] === node;
}

/** @param {FileNode} node */
export function isUnwatched({ parent }) {
  return parent.name === UNWATCHED && parent.parent.parent === parent.parent;
}

/**
 * @param {FileNode} node
 * @returns {boolean} whether it is a database that is being made, and may become large
 */
export function isBeingMade(node) {
  return isUnwatched(node) && node.name.endsWith(MADE);
}

/**
 * @param {FileSystem} fs
 * @param {FileNode} node
 * @returns {FileNode[]} itself, or the files in the folder that it is
 */
export function filesBelow(fs, node) {
  if (fs.isFile(node.mode)) return [node];
  if (!fs.isDir(node.mode)) return []; // links are not saved
  return Object.values(node.contents).flatMap((child) => filesBelow(fs, child));
}
