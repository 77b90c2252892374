/**
 * Unpacks files, and picks the data files from an archive. Browsers unpack gzip and zip.js zip files,
 * streaming; Python unpacks the rest.
 *
 * Knows the unpacked files only by their names.
 */

import { BlobReader, Uint8ArrayReader, ZipReader } from "@zip.js/zip.js/lib/zip-core-external.js";
import { LiteError } from "../../shared/errors.js";
import { HEAD_SIZE, recognise } from "../../shared/file-kinds.js";
import { withJournals } from "../../shared/journals.js";
import { kindFromName } from "../../shared/remote-urls.js";
import { checkSize } from "./capacity.js";
import { readInto } from "../runtime/read-response.js";
import { legacyName } from "./legacy-names.js";

/** @typedef {import("../runtime/read-response.js").ByteProgress} ByteProgress */
/** @typedef {import("./python-unpacker.js").Compression} Compression */
/** @typedef {import("./python-unpacker.js").PythonUnpacker} PythonUnpacker */
/** @typedef {import("../../shared/file-kinds.js").FileKind} FileKind */
/** @typedef {import("@zip.js/zip.js/lib/zip-core-external.js").FileEntry} FileEntry */

/**
 * A file, packed or not.
 *
 * @typedef {object} Content
 * @property {string} name  path or URL, as people know it
 * @property {Uint8Array | Blob} data
 * @property {string} [member]  its path in the archive that it comes from
 * @property {Journal[]} [journals]  of a database
 */

/** @typedef {{suffix: string, data: Uint8Array | Blob}} Journal  suffix: "-wal", "-journal" or "-shm" */

/**
 * @typedef {object} UnpackOptions
 * @property {string} source  the name that people know all of it by
 * @property {PythonUnpacker} python
 * @property {ByteProgress} [onProgress]  of the unpacking
 * @property {(note: string) => void} [onNote]  called with sentences about what was found
 */

/** How many layers of packing are opened: `data.csv.gz` in a `.tar.gz`. */
const DEPTH = 3;

/** The most entries in a zip file, and the most files that may come out of a packed file in all. */
const MOST_ENTRIES = 20_000;

/** Kinds that hold one file. */
const COMPRESSED = ["gzip", "bzip2", "xz", "zstd"];

/** Compression methods of zip files that browsers know: none, and Deflate. */
const METHODS = [0, 8];

/** Texts about the data that archives contain beside it. */
const ABOUT =
  /(^|\/)(readme|licen[cs]e|copying|changelog|changes|notice|authors)[^/]*\.(txt|tab)$/i;

/**
 * @param {Content} content
 * @param {UnpackOptions} options
 * @param {number} [depth]
 * @param {{files: number, bytes: number}} [sofar]  what has come out of it
 * @returns {AsyncGenerator<Content, void, void>} the files in it, one after the other; the file itself
 *   if it is not packed
 * @throws {LiteError} it is damaged, locked, or has no data in it
 */
export async function* unpack(content, options, depth = 0, sofar = { files: 0, bytes: 0 }) {
  const kind = recognise(await headOf(content.data));
  if (!isPacked(kind)) {
    yield content;
    return;
  }
  const { source } = options;
  if (depth >= DEPTH) {
    throw new LiteError(`${source} is packed in several layers.`, {
      hint: "Unpack it once, then open what comes out.",
      source,
    });
  }
  for await (const file of filesIn(content, kind, options)) {
    sofar.files += 1;
    sofar.bytes += file.data instanceof Blob ? file.data.size : file.data.length;
    if (sofar.files > MOST_ENTRIES) throw tooMany(source);
    checkSize(sofar.bytes, source, "unpacked");
    yield* unpack(file, options, depth + 1, sofar);
  }
}

/**
 * @param {Content} content
 * @param {FileKind} kind
 * @param {UnpackOptions} options
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* filesIn(content, kind, options) {
  if (isCompressed(kind)) yield await decompressed(content, kind, options);
  else if (kind === "tar") yield* untarred(content, options);
  else yield* zipped(content, options);
}

/**
 * @param {FileKind} kind
 * @returns {boolean} whether files are unpacked from it
 */
export function isPacked(kind) {
  return kind === "zip" || kind === "tar" || isCompressed(kind);
}

/**
 * @param {FileKind} kind
 * @returns {kind is Compression} whether it holds one file
 */
export function isCompressed(kind) {
  return COMPRESSED.includes(kind);
}

/**
 * @param {Uint8Array | Blob} data
 * @param {number} [size]
 * @returns {Promise<Uint8Array>} its first bytes
 */
export async function headOf(data, size = HEAD_SIZE) {
  if (data instanceof Uint8Array) return data.subarray(0, size);
  return new Uint8Array(await data.slice(0, size).arrayBuffer());
}

/**
 * @param {string} name  of a compressed file, or its URL
 * @returns {string} of the file in it
 */
export function nameWithin(name) {
  return name
    .replace(/\.(gz|gzip|bgz|bz2|xz|zst|zstd)(?=$|[?#])/i, "")
    .replace(/\.(tgz|tbz2?|txz|tzst)(?=$|[?#])/i, ".tar");
}

/**
 * @param {Content} content
 * @param {Compression} kind
 * @param {UnpackOptions} options
 * @returns {Promise<Content>} the file in it
 */
async function decompressed({ name, data, member }, kind, options) {
  const { source, python, onNote = () => {} } = options;
  const inner = { name: nameWithin(name), member };
  if (kind === "gzip" && !isBlocked(await headOf(data))) {
    const unpacked = await gunzipped(data, options);
    if (unpacked) return { ...inner, data: unpacked };
  }
  const { data: unpacked, notes } = await python.unpack(kind, data, source);
  notes.forEach(onNote);
  return { ...inner, data: unpacked };
}

/**
 * @param {Uint8Array} head  of a gzip file
 * @returns {boolean} whether bgzip wrote it, which makes a member for every 64 KB
 */
function isBlocked(head) {
  return (head[3] & 4) !== 0 && head[12] === 0x42 && head[13] === 0x43;
}

/**
 * Unpack a gzip file with the browser, which can if it has one member and nothing after that.
 *
 * @param {Uint8Array | Blob} data
 * @param {UnpackOptions} options
 * @returns {Promise<Uint8Array | undefined>} undefined if the browser cannot unpack it
 */
async function gunzipped(data, { source, onProgress = () => {} }) {
  const size = data instanceof Uint8Array ? data.length : data.size;
  const end = data instanceof Uint8Array ? data.slice(-4) : await headOf(data.slice(-4));
  // The unpacked size that the file states; wrong beyond 4 GB, and where several are strung together.
  const said = end.length === 4 ? new DataView(end.buffer, end.byteOffset).getUint32(0, true) : 0;
  const likely = said >= size / 2 && said < size * 1100 ? said : undefined;
  if (likely !== undefined) checkSize(likely, source, "unpacked");
  try {
    const stream = streamOf(data).pipeThrough(new DecompressionStream("gzip"));
    return await readInto(stream, likely, (done, total) => {
      checkSize(done, source, "unpacked");
      onProgress(done, total);
    });
  } catch (cause) {
    if (cause instanceof LiteError) throw cause;
    return undefined;
  }
}

/**
 * @param {Content} content
 * @param {UnpackOptions} options
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* untarred({ data }, { source, python, onNote }) {
  const choose = (/** @type {string[]} */ names) => {
    if (names.length > MOST_ENTRIES) throw tooMany(source);
    return dataAmong(names, (name) => name, source, "tar archive", onNote);
  };
  for await (const file of python.untar(data, source, choose)) {
    yield { ...file, member: file.name };
  }
}

/**
 * @param {Content} content
 * @param {UnpackOptions} options
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* zipped({ data }, { source, onNote, onProgress = () => {} }) {
  for (const { database, journals } of await entriesOf(data, source, onNote)) {
    const name = nameOf(database);
    const beside = [];
    for (const { suffix, journal } of journals) {
      beside.push({ suffix, data: await unzipped(journal, source, onProgress) });
    }
    const content = await unzipped(database, source, onProgress);
    yield { name, data: content, member: name, journals: beside };
  }
}

/**
 * @param {Uint8Array | Blob} data  of a zip file
 * @param {string} source
 * @returns {Promise<string[]>} paths of the data files in it
 * @throws {LiteError} there are none
 */
export async function namesIn(data, source) {
  return (await entriesOf(data, source)).map(({ database }) => nameOf(database));
}

/**
 * @param {Uint8Array | Blob} data
 * @param {string} source
 * @param {(note: string) => void} [onNote]
 * @returns {Promise<Array<import("../../shared/journals.js").Together<FileEntry>>>}
 */
async function entriesOf(data, source, onNote) {
  const reader = data instanceof Uint8Array ? new Uint8ArrayReader(data) : new BlobReader(data);
  const all = [];
  try {
    const zip = new ZipReader(reader, { useWebWorkers: false });
    for await (const entry of zip.getEntriesGenerator()) {
      if (all.length === MOST_ENTRIES) throw tooMany(source);
      all.push(entry);
    }
  } catch (cause) {
    throw damaged(source, cause);
  }
  const files = /** @type {FileEntry[]} */ (all.filter(({ directory }) => !directory));
  const wanted = dataAmong(files, nameOf, source, "zip file", onNote);
  // Entries may share their bytes, so a small file can stand for a very large one.
  const entries = wanted.flatMap(({ database, journals }) => [
    database,
    ...journals.map(({ journal }) => journal),
  ]);
  const size = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  checkSize(size, source, "unpacked");
  return wanted;
}

/** @param {FileEntry} entry */
function nameOf({ filenameUTF8, filename, rawFilename }) {
  return filenameUTF8 ? filename : legacyName(rawFilename);
}

/**
 * @template T
 * @param {T[]} files  in an archive
 * @param {(file: T) => string} nameOf
 * @param {string} source
 * @param {string} what  kind of archive it is
 * @param {(note: string) => void} [onNote]  told which files are no data
 * @returns {Array<import("../../shared/journals.js").Together<T>>} the data files
 * @throws {LiteError} there are none
 */
function dataAmong(files, nameOf, source, what, onNote = () => {}) {
  // Macs store files about files beside them.
  const visible = files.filter((file) => !/(^|\/)(\.|__MACOSX\/)/.test(nameOf(file)));
  const together = withJournals(visible, nameOf);
  const named = together.filter(({ database }) => {
    const name = nameOf(database);
    return kindFromName(name) !== null && !ABOUT.test(name);
  });
  // A single file may have any name.
  const data = named.length > 0 || together.length !== 1 ? named : together;
  if (data.length > 0) {
    const others = together.filter((file) => !data.includes(file));
    const names = others
      .map(({ database }) => nameOf(database))
      .filter((name) => !ABOUT.test(name));
    const why = names.length === 1 ? "because it is not data" : "because they are not data";
    if (names.length > 0) onNote(`Left out of ${source}, ${why}: ${firstOf(names)}.`);
    return data;
  }
  throw new LiteError(`${source} is a ${what} without data that can be opened.`, {
    hint:
      visible.length === 0
        ? "It is empty."
        : `It contains ${firstOf(visible.map(nameOf))}. SQLite, CSV, JSON, Excel, Parquet and SQL files can be opened.`,
    source,
  });
}

/**
 * @param {string[]} names
 * @returns {string} the first of them, in words
 */
function firstOf(names) {
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return names.slice(0, 5).join(", ") + rest;
}

/**
 * @param {FileEntry} entry
 * @param {string} source
 * @param {ByteProgress} onProgress
 * @returns {Promise<Uint8Array>}
 */
async function unzipped(entry, source, onProgress) {
  const { uncompressedSize: size } = entry;
  if (entry.encrypted) {
    throw new LiteError(`${nameOf(entry)} in ${source} is protected with a password.`, {
      hint: "Unpack it with the password first, then open what comes out.",
      source,
    });
  }
  if (!METHODS.includes(entry.compressionMethod)) {
    throw new LiteError(
      `${nameOf(entry)} in ${source} is packed in a way that cannot be unpacked here.`,
      {
        hint: "Unpack it on your computer and open what comes out, or pack it as an ordinary zip file.",
        source,
      },
    );
  }
  checkSize(size, source, "unpacked");
  const bytes = new Uint8Array(size);
  let done = 0;
  try {
    const writable = new WritableStream({
      /** @param {Uint8Array} chunk */
      write(chunk) {
        bytes.set(chunk, done); // fails if there is more than the file said
        done += chunk.length;
        onProgress(done, size);
      },
    });
    await entry.getData(writable, { checkSignature: true, useWebWorkers: false });
  } catch (cause) {
    throw damaged(source, cause);
  }
  return bytes.subarray(0, done);
}

/**
 * @param {Uint8Array | Blob} data
 * @returns {ReadableStream<any>}
 */
function streamOf(data) {
  if (data instanceof Blob) return data.stream();
  const portion = 256 * 1024;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.subarray(at, (at += portion)));
    },
  });
}

/**
 * @param {string} source
 * @returns {LiteError}
 */
function tooMany(source) {
  return new LiteError(
    `${source} has more than ${MOST_ENTRIES.toLocaleString("en")} files in it, which is too many to open.`,
    { hint: "Unpack it, then open the files that you need.", source },
  );
}

/**
 * @param {string} source
 * @param {unknown} cause
 * @returns {unknown}
 */
function damaged(source, cause) {
  if (cause instanceof LiteError) return cause;
  return new LiteError(`${source} cannot be unpacked.`, {
    hint: "It is probably damaged or incomplete, as after an interrupted download. Get it again.",
    source,
    traceback: String(cause),
    cause,
  });
}
