/**
 * Lays out packs in Pyodide's file system. A pack is many files in one, as scripts/compile_python.py
 * writes them; assets.js downloads them.
 */

/** @typedef {import("pyodide").PyodideAPI["FS"]} FS */
/** @typedef {import("./snapshot/python-memory.js").Library} Library */

/** Mode of a plain file that everybody may read. */
const FILE = 0o100644;

/** @typedef {{path: string, bytes: Uint8Array, offset?: number}} PackedFile  offset: where these bytes go
 *   in a file that is there already, and ends with them */

/**
 * Lay out the files of a pack. They are views into the pack's one buffer, so nothing is copied.
 *
 * @param {FS} fs
 * @param {Uint8Array} pack
 * @returns {Library[]} the native ones among them
 */
export function mountPack(fs, pack) {
  const libraries = [];
  let folder = "";
  /** @type {any} a node of Emscripten's file system in memory */
  let parent;
  for (const { path, bytes, offset } of filesOf(pack)) {
    if (offset !== undefined) continue;
    const slash = path.lastIndexOf("/");
    if (path.slice(0, slash) !== folder) {
      folder = path.slice(0, slash);
      fs.mkdirTree(folder);
      parent = fs.lookupPath(folder, {}).node;
    }
    // Like FS.writeFile(), which takes five times as long for some 2,000 files.
    const file = parent.node_ops.mknod(parent, path.slice(slash + 1), FILE, 0);
    file.contents = bytes;
    file.usedBytes = bytes.length;
    if (path.endsWith(".so")) libraries.push({ path, content: bytes });
  }
  return libraries;
}

/**
 * @param {FS} fs
 * @param {Uint8Array} rest  a pack
 */
export function completeFiles(fs, rest) {
  for (const { path, offset } of filesOf(rest)) {
    if (offset === undefined) continue;
    fs.writeFile(path, completed(fs.readFile(path), rest), { canOwn: true });
  }
}

/**
 * @param {Uint8Array} file  the one that `rest` completes
 * @param {Uint8Array} rest  a pack
 * @returns {Uint8Array}
 */
export function completed(file, rest) {
  for (const { bytes, offset } of filesOf(rest)) {
    if (offset === undefined) continue;
    const whole = new Uint8Array(offset + bytes.length);
    whole.set(file.subarray(0, offset));
    whole.set(bytes, offset);
    return whole;
  }
  return file;
}

/**
 * @param {Uint8Array} pack
 * @returns {Generator<PackedFile>}
 */
function* filesOf(pack) {
  const indexSize = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  let position = 4 + indexSize;
  /** @type {Array<[path: string, size: number, offset?: number]>} */
  const index = JSON.parse(new TextDecoder().decode(pack.subarray(4, position)));
  for (const [path, size, offset] of index) {
    yield { path, bytes: pack.subarray(position, position + size), offset };
    position += size;
  }
}
