/**
 * Unpacks gzip and zip files, streaming, and picks from a zip what is data.
 *
 * What the unpacked files are is not known here, except by their names.
 */

import { BlobReader, Uint8ArrayReader, ZipReader } from "@zip.js/zip.js/lib/zip-core-external.js";
import { LiteError } from "../shared/errors.js";
import { HEAD_SIZE, recognise } from "../shared/file-kinds.js";
import { firstBytes } from "../shared/fetch-source.js";
import { withJournals } from "../shared/journals.js";
import { kindFromName } from "../shared/remote-urls.js";
import { checkSize } from "./capacity.js";
import { readInto } from "./download.js";

/** @typedef {import("./download.js").ByteProgress} ByteProgress */
/** @typedef {import("@zip.js/zip.js/lib/zip-core-external.js").FileEntry} FileEntry */

/**
 * A file, packed or not.
 *
 * @typedef {object} Content
 * @property {string} name  path or URL, as people know it
 * @property {Uint8Array | Blob} data
 * @property {string} [member]  its path in the zip file that it comes from
 * @property {Journal[]} [journals]  of a database
 */

/** @typedef {{suffix: string, data: Uint8Array | Blob}} Journal  suffix: "-wal", "-journal" or "-shm" */

/** How deep what is packed may be packed again: `data.csv.gz` in a zip file. */
const DEPTH = 2;

/** How many entries a zip file may have, and how many files may come out of what is packed in all. */
const MOST_ENTRIES = 20_000;

/** Texts about the data that come with it in zip files. */
const ABOUT =
  /(^|\/)(readme|licen[cs]e|copying|changelog|changes|notice|authors)[^/]*\.(txt|tab)$/i;

/**
 * @param {Content} content
 * @param {object} options
 * @param {string} options.source  what people know all of it as
 * @param {ByteProgress} [options.onProgress]  of what is being unpacked
 * @param {number} [options.depth]
 * @param {{files: number, bytes: number}} [options.sofar]  what has come out of it
 * @returns {AsyncGenerator<Content, void, void>} the files that it stands for, one after the other;
 *   itself if it is not packed
 * @throws {LiteError} it is damaged, locked, or has no data in it
 */
export async function* unpack(
  content,
  { source, onProgress = () => {}, depth = 0, sofar = { files: 0, bytes: 0 } },
) {
  const kind = recognise(await headOf(content.data));
  const packed = kind === "gzip" || kind === "zip";
  if (!packed) {
    yield content;
    return;
  }
  if (depth >= DEPTH) {
    throw new LiteError(`${source} is packed in several layers.`, {
      hint: "Unpack it once, then open what comes out.",
      source,
    });
  }
  const files =
    kind === "gzip" ? gunzipped(content, source, onProgress) : zipped(content, source, onProgress);
  for await (const file of files) {
    sofar.files += 1;
    sofar.bytes += file.data instanceof Blob ? file.data.size : file.data.length;
    if (sofar.files > MOST_ENTRIES) throw tooMany(source);
    checkSize(sofar.bytes, source, "unpacked");
    yield* unpack(file, { source, onProgress, depth: depth + 1, sofar });
  }
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
 * @param {Blob} data  a gzip file
 * @param {number} size
 * @returns {Promise<Uint8Array>} the first bytes of what is in it
 */
export async function unpackedHeadOf(data, size) {
  return firstBytes(data.stream().pipeThrough(new DecompressionStream("gzip")), size);
}

/**
 * @param {Content} content
 * @param {string} source
 * @param {ByteProgress} onProgress
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* gunzipped({ name, data, member }, source, onProgress) {
  const size = data instanceof Uint8Array ? data.length : data.size;
  const end = data instanceof Uint8Array ? data.slice(-4) : await headOf(data.slice(-4));
  // What the file says of its size unpacked; wrong beyond 4 GB, and where several are strung together.
  const said = end.length === 4 ? new DataView(end.buffer, end.byteOffset).getUint32(0, true) : 0;
  const likely = said >= size / 2 && said < size * 1100 ? said : undefined;
  if (likely !== undefined) checkSize(likely, source, "unpacked");
  let unpacked;
  try {
    const stream = streamOf(data).pipeThrough(new DecompressionStream("gzip"));
    unpacked = await readInto(stream, likely, (done, total) => {
      checkSize(done, source, "unpacked");
      onProgress(done, total);
    });
  } catch (cause) {
    throw damaged(source, cause);
  }
  const inner = name.replace(/\.(gz|gzip)(?=$|[?#])/i, "").replace(/\.tgz(?=$|[?#])/i, ".tar");
  yield { name: inner, data: unpacked, member };
}

/**
 * @param {Content} content
 * @param {string} source
 * @param {ByteProgress} onProgress
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* zipped({ data }, source, onProgress) {
  for (const { database: entry, journals } of await entriesOf(data, source)) {
    const { filename: name } = entry;
    const beside = [];
    for (const { suffix, journal } of journals) {
      beside.push({ suffix, data: await unzipped(journal, source, onProgress) });
    }
    const content = await unzipped(entry, source, onProgress);
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
  return (await entriesOf(data, source)).map(({ database: { filename } }) => filename);
}

/**
 * @param {Uint8Array | Blob} data
 * @param {string} source
 * @returns {Promise<Array<import("../shared/journals.js").Together<FileEntry>>>}
 */
async function entriesOf(data, source) {
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
  const wanted = dataAmong(files, source);
  // Entries may share their bytes, so that a small file stands for a very large one.
  const entries = wanted.flatMap(({ database, journals }) => [
    database,
    ...journals.map(({ journal }) => journal),
  ]);
  const size = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  checkSize(size, source, "unpacked");
  return wanted;
}

/**
 * @param {FileEntry[]} entries
 * @param {string} source
 * @returns {Array<import("../shared/journals.js").Together<FileEntry>>}
 * @throws {LiteError} there is none
 */
function dataAmong(entries, source) {
  const visible = entries.filter(({ filename }) => !/(^|\/)(\.|__MACOSX\/)/.test(filename));
  const together = withJournals(visible, ({ filename }) => filename);
  const named = together.filter(
    ({ database: { filename } }) => kindFromName(filename) !== null && !ABOUT.test(filename),
  );
  // A single file may be named as it likes.
  const data = named.length > 0 || together.length !== 1 ? named : together;
  if (data.length > 0) return data;
  const names = visible.slice(0, 5).map(({ filename }) => filename);
  const rest = visible.length > 5 ? ` and ${visible.length - 5} more` : "";
  throw new LiteError(`${source} is a zip file without data that can be opened.`, {
    hint:
      names.length === 0
        ? "It is empty."
        : `In it is ${names.join(", ")}${rest}. SQLite, CSV, JSON, Excel, Parquet and SQL files can be opened.`,
    source,
  });
}

/**
 * @param {FileEntry} entry
 * @param {string} source
 * @param {ByteProgress} onProgress
 * @returns {Promise<Uint8Array>}
 */
async function unzipped(entry, source, onProgress) {
  const { filename, uncompressedSize: size } = entry;
  if (entry.encrypted) {
    throw new LiteError(`${filename} in ${source} is locked with a password.`, {
      hint: "Unpack it with the password first, then open what comes out.",
      source,
    });
  }
  checkSize(size, source, "unpacked");
  const bytes = new Uint8Array(size);
  let done = 0;
  try {
    const writable = new WritableStream({
      /** @param {Uint8Array} chunk */
      write(chunk) {
        bytes.set(chunk, done); // more than the file said fails
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
    hint: "It is probably damaged, or its end is missing, as after a download that broke off. Get it again.",
    source,
    traceback: String(cause),
    cause,
  });
}
