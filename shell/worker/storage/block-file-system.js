/**
 * A file system in memory that knows which blocks of its files were written to.
 *
 * Notices every change, whether SQLite, Python or this worker makes it, and hands out copies of what
 * changed; saver.js stores them. It is Emscripten's own MEMFS with its operations wrapped:
 * https://emscripten.org/docs/api_reference/Filesystem-API.html
 */

import {
  ABSENT,
  baseOf,
  blocksOf,
  copyOf,
  countOf,
  filesBelow,
  isBeingMade,
  isPlaced,
  isUnwatched,
  makePaged,
  UNWATCHED,
} from "./file-nodes.js";
import { Pager } from "./pager.js";
import { BLOCK_SIZE } from "../../shared/blocks.js";
import { LiteError } from "../../shared/errors.js";

/** @typedef {any} FileSystem  Emscripten's FS, most of which has no published types */
/** @typedef {import("./file-nodes.js").FileNode} FileNode */
/** @typedef {import("./paged-content.js").PagedContent} PagedContent */
/** @typedef {import("./stored-blocks.js").StoredBlocks} StoredBlocks */
/** @typedef {import("./paged-content.js").Base} Base */
/** @typedef {Uint8Array | PagedContent} FileContent */

/**
 * What happened to a file since it was last taken.
 *
 * @typedef {object} FileChange
 * @property {FileNode} node
 * @property {string} path      relative to the mount
 * @property {number} size      bytes, as it is now
 * @property {number} before    bytes when it was last taken, or of what was taken ahead
 * @property {Array<[index: number, bytes: Uint8Array]>} blocks  copies
 * @property {SavedBase} [base]  where its other blocks are
 */

/** @typedef {import("../../shared/saved-store.js").SavedBase} SavedBase */

/**
 * @typedef {object} Changes
 * @property {string[]} removed  paths that are no longer those files; to be applied first
 * @property {FileChange[]} files
 * @property {number} bytes      in all blocks
 */

/**
 * Blocks that were taken before they count.
 *
 * @typedef {object} Ahead
 * @property {FileNode} node
 * @property {string} path
 * @property {Array<[index: number, bytes: Uint8Array]>} blocks  copies
 */

export class WatchedFiles {
  /** Loads blocks of files that are not in memory as a whole. */
  pager;
  /** Counts changes; equal numbers mean that nothing was written in between. */
  writes = 0;
  #fs;
  #mount;
  /** @type {Map<FileNode, Set<number>>} files that changed, with the blocks that did */
  #dirty = new Map();
  /** @type {Map<string, number>} paths and sizes as last taken */
  #taken = new Map();
  /** @type {Map<string, number>} by path: the end of what was taken ahead, in bytes */
  #ahead = new Map();
  /** @type {Set<string>} of those that were taken */
  #removed = new Set();
  #onWrite;
  /** @type {StoredBlocks | undefined} has what is saved */
  #stored;

  /**
   * @param {FileSystem} fs
   * @param {string} mount  absolute path of the folder to be made and watched
   * @param {() => void} onWrite  called at every change
   * @param {object} [options]
   * @param {StoredBlocks} [options.stored]  has the blocks that are saved, by now or later; unless nothing is
   * @param {number} [options.cached]  bytes of blocks to keep that can be loaded again
   */
  constructor(fs, mount, onWrite, { stored, cached } = {}) {
    this.pager = new Pager((path) => this.#pagedAt(path), cached);
    this.#stored = stored;
    this.#fs = fs;
    this.#mount = mount;
    this.#onWrite = onWrite;
    fs.mkdirTree(mount);
    fs.mount(this.#type(), {}, mount);
  }

  /** @returns {boolean} whether there is anything to take */
  get changed() {
    return this.#dirty.size > 0 || this.#removed.size > 0;
  }

  /** @returns {number} bytes in all files, without what only the bases of paged files hold */
  get size() {
    return this.#watchedFiles.reduce(
      (sum, { usedBytes, paged }) => sum + (paged ? paged.localSize : usedBytes),
      0,
    );
  }

  /**
   * Bring files into memory that are small enough to be there anyway, now that nobody has to wait for that.
   *
   * @param {() => boolean} isWanted  whether to go on with the next one
   * @returns {Promise<void>}
   * @throws {import("../../shared/errors.js").LiteError} one cannot be read
   */
  async makeWholeWhatFits(isWanted) {
    const near = this.#watchedFiles.filter(({ paged }) => paged?.isNear && !paged.isWhole);
    let room = this.pager.mostIdle;
    for (const node of near.sort((a, b) => a.paged.size - b.paged.size)) {
      room -= node.paged.size;
      if (room < 0 || !isWanted()) return;
      await this.pager.makeWhole(`${this.#mount}/${this.#path(node)}`);
    }
  }

  /** @param {string} generation  in which all of it is saved by now */
  savedIn(generation) {
    if (this.#stored) this.#stored.generation = generation;
  }

  /** @returns {Base[]} the bases of paged files */
  get bases() {
    return this.#watchedFiles.flatMap(({ paged }) => (paged?.base ? [paged.base] : []));
  }

  /** @returns {{files: number, blocks: number}} how many there are of all */
  get counts() {
    const files = this.#watchedFiles;
    const blocks = files.reduce((sum, file) => sum + countOf(file), 0);
    return { files: files.length, blocks };
  }

  /**
   * Lay out files that are saved already: they count as unchanged.
   *
   * @param {Map<string, FileContent>} files  by path; their buffers are kept, not copied
   */
  fill(files) {
    for (const [path, content] of files) {
      const absolute = `${this.#mount}/${path}`;
      this.#fs.mkdirTree(absolute.slice(0, absolute.lastIndexOf("/")));
      if (content instanceof Uint8Array) {
        this.#fs.writeFile(absolute, content, { canOwn: true });
        this.#taken.set(path, content.length);
      } else {
        this.#open(absolute, content);
        this.#taken.set(path, content.size);
      }
    }
    this.#dirty.clear();
    this.#removed.clear();
  }

  /**
   * Lay out a file of which nothing is in memory yet.
   *
   * @param {string} path  absolute, in the mount
   * @param {Base} base
   */
  attach(path, base) {
    this.#open(path, { size: base.size, base, end: base.size, blocks: new Map() });
  }

  /**
   * @param {string} path  relative to the mount
   * @returns {import("./paged-file.js").PagedFile & {base: Base}} the file there, which is on a host
   * @throws {LiteError} there is none
   */
  onHost(path) {
    const file = this.#pagedAt(`${this.#mount}/${path}`);
    if (!file?.base || file.isNear) throw notOnHost(path);
    return /** @type {import("./paged-file.js").PagedFile & {base: Base}} */ (file);
  }

  /** @returns {Map<string, FileContent>} copies of all files, by path */
  copyAll() {
    return new Map(
      this.#watchedFiles.map((file) => [
        this.#path(file),
        file.paged ? file.paged.copy() : bytesOf(file),
      ]),
    );
  }

  /**
   * Count every block of every file as changed, when what was saved is gone.
   *
   * @returns {boolean} false, and nothing was done, if blocks are gone that are nowhere else
   */
  touchAll() {
    if (!this.#watchedFiles.every(({ paged }) => !paged || paged.reclaim())) return false;
    this.#taken.clear();
    this.#ahead.clear();
    this.#removed.clear();
    for (const file of this.#watchedFiles) this.#touchWhole(file);
    return true;
  }

  /**
   * What was taken is saved, so its blocks may be forgotten where they can be loaded again.
   *
   * @param {Array<{node: FileNode, path: string, blocks: Array<[index: number, ...any]>}>} files
   */
  settle(files) {
    for (const { node, path, blocks } of files) {
      if (!node.paged || !isPlaced(node) || this.#path(node) !== path) continue;
      const dirty = this.#dirty.get(node);
      for (const [index] of blocks) if (!dirty?.has(index)) node.paged.settle(index);
      this.pager.release(node.paged);
    }
    this.pager.trim();
  }

  /** Everything is saved that was taken; see settle(). */
  settleAll() {
    const files = this.#watchedFiles.filter(({ paged }) => paged);
    this.settle(
      files.map((node) => ({
        node,
        path: this.#path(node),
        blocks: node.paged.changedBlocks.map((/** @type {number} */ index) => [index]),
      })),
    );
  }

  /**
   * Take what changed, as it is at this moment; it then counts as unchanged.
   *
   * @param {number} [most]  about how many bytes to copy; the rest stays changed
   * @returns {Changes}
   */
  take(most = Infinity) {
    /** @type {Changes} */
    const changes = { removed: [...this.#removed], files: [], bytes: 0 };
    this.#removed.clear();
    for (const [node, dirty] of this.#dirty) {
      const path = this.#path(node);
      const size = node.usedBytes;
      const before = Math.max(this.#taken.get(path) ?? 0, this.#ahead.get(path) ?? 0);
      /** @type {FileChange} */
      const file = { node, path, size, before, blocks: [], ...baseOf(node) };
      this.#ahead.delete(path);
      this.#taken.set(path, size);
      for (const index of dirty) {
        if (changes.bytes >= most) break;
        dirty.delete(index);
        const bytes = copyOf(node, index);
        if (!bytes) continue;
        file.blocks.push([index, bytes]);
        changes.bytes += bytes.length;
      }
      changes.files.push(file);
      if (dirty.size > 0) break;
      this.#dirty.delete(node);
    }
    return changes;
  }

  /** @returns {number} about how many bytes there are to take */
  get changedBytes() {
    let blocks = 0;
    for (const dirty of this.#dirty.values()) blocks += dirty.size;
    return blocks * BLOCK_SIZE;
  }

  /** @returns {string[]} paths of the files that are to be taken */
  get changedPaths() {
    return Array.from(this.#dirty.keys(), (node) => this.#path(node));
  }

  /**
   * Take blocks beyond the end that files had when they were last taken. They do not count yet once stored:
   * the next take() still includes the files as changed, and makes them count.
   *
   * @param {string[]} paths  of the files that this is about
   * @param {number} most     about how many bytes to copy
   * @returns {Ahead[]} empty when there is no more
   */
  takeAhead(paths, most) {
    const ahead = [];
    let copied = 0;
    for (const [node, dirty] of this.#dirty) {
      const path = this.#path(node);
      // Where another file was, that one is still what counts.
      if (!paths.includes(path) || this.#removed.has(path)) continue;
      const end = Math.ceil((this.#taken.get(path) ?? 0) / BLOCK_SIZE);
      /** @type {Array<[number, Uint8Array]>} */
      const blocks = [];
      for (const index of dirty) {
        if (copied >= most) break;
        const start = index * BLOCK_SIZE;
        const bytes = index < end ? undefined : copyOf(node, index);
        if (!bytes) continue;
        dirty.delete(index);
        blocks.push([index, bytes]);
        copied += bytes.length;
        this.#ahead.set(path, Math.max(this.#ahead.get(path) ?? 0, start + bytes.length));
      }
      if (blocks.length > 0) ahead.push({ node, path, blocks });
      if (copied >= most) break;
    }
    return ahead;
  }

  /**
   * Count as changed again what was taken, or taken ahead, and could not be stored. To be called before
   * anything more is taken.
   *
   * @param {{removed?: string[], files: Array<Ahead & {before?: number}>}} taken
   */
  giveBack({ removed = [], files }) {
    for (const path of removed) this.#removed.add(path);
    for (const { node, path, before, blocks } of files) {
      // One that was deleted or moved since has been noted as that.
      if (!isPlaced(node) || this.#path(node) !== path) continue;
      const dirty = this.#dirty.get(node) ?? new Set();
      for (const [index] of blocks) dirty.add(index);
      this.#dirty.set(node, dirty);
      if (before !== undefined) this.#taken.set(path, before);
    }
  }

  /**
   * @param {FileNode} node
   * @param {number} start
   * @param {number} end    of the bytes that changed; the file counts as changed even without any
   */
  #touch(node, start, end) {
    // A file that is deleted while open lives on until it is closed, but is nowhere any more.
    if (!isPlaced(node) || isUnwatched(node)) return;
    this.writes += 1;
    let blocks = this.#dirty.get(node);
    if (!blocks) this.#dirty.set(node, (blocks = new Set()));
    for (let index = Math.floor(start / BLOCK_SIZE); index * BLOCK_SIZE < end; index++) {
      blocks.add(index);
    }
    this.#onWrite();
  }

  /** @param {FileNode} node  all of which counts as changed */
  #touchWhole(node) {
    this.#touch(node, 0, 0);
    const dirty = this.#dirty.get(node);
    if (dirty) for (const index of blocksOf(node)) dirty.add(index);
  }

  /**
   * @param {FileNode} node  that no longer is where it was
   * @param {string} path    where that was
   */
  #remove(node, path) {
    if (node.paged && !isPlaced(node)) this.pager.close(node.paged);
    if (path.startsWith(`${UNWATCHED}/`)) return;
    this.writes += 1;
    this.#dirty.delete(node);
    // What comes and goes between two takes, as journals do, nobody needs to hear of.
    const wasTaken = this.#taken.delete(path);
    if (this.#ahead.delete(path) || wasTaken) this.#removed.add(path);
    this.#onWrite();
  }

  /** @returns {FileNode[]} */
  get #watchedFiles() {
    return filesBelow(this.#fs, this.#root).filter((file) => !isUnwatched(file));
  }

  /** @returns {FileNode} */
  get #root() {
    return this.#fs.lookupPath(this.#mount).node;
  }

  /**
   * @param {FileNode} node
   * @returns {string} relative to the mount
   */
  #path(node) {
    return this.#fs.getPath(node).slice(this.#mount.length + 1);
  }

  /** @returns {object} a file system type, as FS.mount() takes it */
  #type() {
    const fs = this.#fs;
    const memory = fs.filesystems.MEMFS;
    const child = (/** @type {FileNode} */ folder, /** @type {string} */ name) =>
      folder.contents[name];
    /** @type {(...place: any[]) => FileNode} */
    const createNode = (parent, name, mode, device) => {
      const node = memory.createNode(parent, name, mode, device);
      if (fs.isDir(mode)) node.node_ops = { ...node.node_ops, ...folderOperations };
      if (!fs.isFile(mode)) return node;
      node.node_ops = { ...node.node_ops, setattr };
      node.stream_ops = { ...node.stream_ops, write, msync };
      // Its blocks need no longer be in memory once it is saved. And it grows without being moved.
      if (isBeingMade(node)) this.#page(node, { size: 0, end: 0, blocks: new Map() }, true);
      this.#touch(node, 0, 0);
      return node;
    };
    const folderOperations = {
      mknod: createNode,
      /** @param {FileNode} folder @param {string} name */
      unlink: (folder, name) => {
        const node = child(folder, name);
        memory.node_ops.unlink(folder, name);
        this.#remove(node, this.#path(node));
      },
      /** @param {FileNode} node @param {FileNode} folder @param {string} name */
      rename: (node, folder, name) => {
        const replaced = child(folder, name);
        const files = filesBelow(this.#fs, node).map((file) => [file, this.#path(file)]);
        // Their blocks are saved under their path, and have to be saved again; see Pager.gather().
        for (const [{ paged }] of files) {
          if (paged && !paged.reclaim()) throw new fs.ErrnoError(ABSENT);
        }
        memory.node_ops.rename(node, folder, name); // which may throw
        node.parent = folder; // as FS.rename() does, but only after this
        for (const file of replaced ? filesBelow(this.#fs, replaced) : []) {
          this.#remove(file, this.#path(file));
        }
        for (const [file, path] of files) this.#remove(file, path);
        for (const [file] of files) this.#touchWhole(file);
      },
    };
    /** @param {FileNode} node @param {{size?: number}} attributes */
    const setattr = (node, attributes) => {
      const before = node.usedBytes;
      memory.node_ops.setattr(node, attributes);
      // Between the old end and the new one lies what changed: zeros, or nothing any more.
      if (attributes.size !== undefined && node.usedBytes !== before) {
        this.#touch(node, Math.min(before, node.usedBytes), node.usedBytes);
      }
    };
    /** @type {(stream: any, buffer: any, offset: number, length: number, position: number, canOwn?: boolean) => number} */
    const write = (stream, buffer, offset, length, position, canOwn) => {
      const before = stream.node.usedBytes;
      const written = memory.stream_ops.write(stream, buffer, offset, length, position, canOwn);
      if (written > 0) {
        this.#touch(stream.node, Math.min(before, position), position + written);
      }
      return written;
    };
    /** @type {(stream: any, buffer: any, offset: number, length: number) => number} */
    const msync = (stream, buffer, offset, length) => {
      write(stream, buffer, 0, length, offset, false);
      return 0;
    };
    return { ...memory, createNode, mount: () => createNode(null, "/", 0o40777, 0) };
  }

  /**
   * @param {string} path  absolute
   * @returns {import("./paged-file.js").PagedFile | undefined} the paged file there
   */
  #pagedAt(path) {
    const { exists, object } = this.#fs.analyzePath(path);
    return exists ? object.paged : undefined;
  }

  /**
   * @param {string} path  absolute, in the mount
   * @param {PagedContent} content
   */
  #open(path, content) {
    this.#page(this.#fs.create(path, 0o666), content);
  }

  /**
   * @param {FileNode} node  of an empty file
   * @param {PagedContent} content
   * @param {boolean} [isNew]  as Pager.open() takes it
   */
  #page(node, content, isNew) {
    const stored = this.#stored;
    const store = stored && {
      read: (/** @type {number[]} */ indexes) => stored.read(this.#path(node), indexes),
      readHost: (/** @type {[Base, number, number]} */ ...range) =>
        stored.hostBlocks.read(...range),
      copy: async () => {
        const place = this.#path(node);
        return this.#taken.has(place) ? stored.copy(place, paged.base?.description) : undefined;
      },
    };
    const paged = this.pager.open(content, store, isNew);
    makePaged(this.#fs, node, paged, (start, end) => this.#touch(node, start, end));
  }
}

/**
 * @param {string} path
 * @returns {LiteError}
 */
function notOnHost(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return new LiteError(`${name} is not read from another host, so there is nothing to download.`, {
    hint: "It may be on this device already, or was renamed or removed. Load the page again.",
    source: name,
  });
}

/**
 * @param {FileNode} file  whose contents are an Int8Array if SQLite made it, and may be a plain array if it is
 *   empty
 * @returns {Uint8Array}
 */
function bytesOf({ contents, usedBytes }) {
  return usedBytes === 0 ? new Uint8Array() : new Uint8Array(contents.slice(0, usedBytes).buffer);
}
