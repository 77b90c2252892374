/**
 * Recognises a file by its first bytes, and explains why one cannot be opened.
 *
 * It only recognises what the bytes show beyond doubt. Python decides whether a text is CSV, and in
 * which encoding, and reads a file's contents.
 */

import { LiteError } from "./errors.js";

/** The first bytes of a SQLite file. */
export const SQLITE_MAGIC = "SQLite format 3\0";

/** How many bytes are enough. */
export const HEAD_SIZE = 1024;

/**
 * "text" and "binary" are for files about which nothing more is certain.
 *
 * @typedef {"empty" | "sqlite" | "parquet" | "arrow" | "excel" | "gzip" | "bzip2" | "xz" | "zstd" | "zip" | "tar"
 *   | "html" | "lfs" | "json" | "sql" | "text" | "binary" | keyof typeof UNREADABLE} FileKind
 */

const CONVERT = "Convert it to CSV or Parquet first.";
const UNPACK = "Unpack it first, or pack it as .zip or .gz, which can be opened here.";

/** Formats that can be recognised but not opened: what they are, and what to do. */
const UNREADABLE = /** @type {const} */ ({
  encryptedParquet: ["an encrypted Parquet file", "Decrypt it first."],
  "7z": ["a 7-Zip archive", UNPACK],
  rar: ["a RAR archive", UNPACK],
  pdf: ["a PDF document", "Look for the data behind it: a table in a PDF cannot be opened."],
  image: ["an image", "SQLite, CSV, JSON, Excel and Parquet files can be opened here."],
  feather: [
    "a Feather file of the first version",
    "Write it again with a newer pandas or pyarrow, or as CSV or Parquet.",
  ],
  avro: ["an Avro file", CONVERT],
  orc: ["an ORC file", CONVERT],
  hdf: ["an HDF5 file", CONVERT],
  duckdb: [
    "a DuckDB database",
    "Export its tables as Parquet: EXPORT DATABASE … (FORMAT parquet).",
  ],
  access: ["a Microsoft Access database", "Export its tables as CSV or .xlsx first."],
  xml: ["an XML file", "Convert it to CSV or JSON first."],
});

/**
 * Identifying bytes as Latin-1, and their position if they are not at the start.
 *
 * @type {Array<[bytes: string, kind: FileKind, at?: number]>}
 */
const MAGIC = [
  [SQLITE_MAGIC, "sqlite"],
  ["PAR1", "parquet"],
  ["PARE", "encryptedParquet"],
  ["\x1f\x8b", "gzip"],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"],
  ["BZh", "bzip2"],
  ["\xfd7zXZ\0", "xz"],
  ["\x28\xb5\x2f\xfd", "zstd"],
  ["7z\xbc\xaf\x27\x1c", "7z"],
  ["Rar!\x1a\x07", "rar"],
  ["ustar", "tar", 257],
  ["%PDF-", "pdf"],
  ["\x89PNG", "image"],
  ["\xff\xd8\xff", "image"],
  ["GIF8", "image"],
  ["ARROW1", "arrow"],
  ["FEA1", "feather"],
  ["Obj\x01", "avro"],
  ["ORC", "orc"],
  ["\x89HDF", "hdf"],
  ["DUCK", "duckdb", 8],
  ["Standard Jet DB", "access", 4],
  ["Standard ACE DB", "access", 4],
];

/** It begins with a message: its size, less than 16 MB, and a nearby table. */
const ARROW_STREAM = /^\xff{4}[^]{3}\0[^]\0\0\0/;

/** The first bytes of a zip file with files in it, and of an empty one. */
const ZIP = ["PK\x03\x04", "PK\x05\x06"];

/**
 * @param {Uint8Array} head  of a file, HEAD_SIZE bytes or all there are
 * @returns {FileKind}
 */
export function recognise(head) {
  if (head.length === 0) return "empty";
  // One character per byte. TextDecoder's Latin-1 is really Windows-1252, which differs in some.
  const bytes = String.fromCharCode(...head.subarray(0, HEAD_SIZE));
  for (const [magic, kind, at = 0] of MAGIC) {
    // "ORC" may also begin the header of a CSV file.
    if (bytes.startsWith(magic, at) && (kind !== "orc" || bytes.includes("\0"))) return kind;
  }
  if (ARROW_STREAM.test(bytes)) return "arrow";
  if (ZIP.some((magic) => bytes.startsWith(magic))) return kindOfZip(firstEntry(head), bytes);
  const text = bytes.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^(<!--[^]*?-->\s*)?(<!doctype html|<html|<head|<body)\b/i.test(text)) return "html";
  if (text.startsWith("<?xml")) return /<html\b/i.test(text) ? "html" : "xml";
  if (text.startsWith("version https://git-lfs.github.com/spec/")) return "lfs";
  if (bytes.includes("\0") && !/^(\xff\xfe|\xfe\xff)/.test(bytes)) return "binary";
  if (/^(\[|\{)/.test(text)) return "json";
  return isSql(text) ? "sql" : "text";
}

/** @param {string} text */
function isSql(text) {
  const statement = text.replace(/^(\s*(--.*|\/\*[^]*?\*\/))+/, "").trimStart();
  return /^(create\s+(table|view|temp|virtual|index|unique)\b|insert\s+into\b|begin\s*(transaction)?\s*;|pragma\s+\w+\s*[=;]|drop\s+table\b)/i.test(
    statement,
  );
}

/**
 * @param {Uint8Array} head  of a zip file
 * @returns {string} the path of the first file in it, "" if there is none
 */
export function firstEntry(head) {
  // https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
  if (head.length < 30 || head[2] !== 3) return "";
  const size = head[26] + 256 * head[27];
  return new TextDecoder().decode(head.subarray(30, 30 + size));
}

/**
 * @param {string} first  path of the first file in it
 * @param {string} bytes
 * @returns {FileKind}
 */
function kindOfZip(first, bytes) {
  if (first === "mimetype" && bytes.includes("application/vnd.oasis")) return "excel";
  const isOffice = /^(\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/)/.test(first);
  return isOffice ? "excel" : "zip";
}

/**
 * Make the error for a file that cannot be opened as any kind of source.
 *
 * @param {FileKind} kind
 * @param {string} source  its URL or name
 * @returns {LiteError | undefined} undefined when it may be opened
 */
export function unreadable(kind, source) {
  if (kind === "html" && /\.xlsx?$/i.test(source)) {
    return new LiteError(`${source} is not a spreadsheet but a web page.`, {
      hint: "Some programs save web pages under this name. Open it in a spreadsheet program, and save it as .xlsx.",
      source,
    });
  }
  if (kind === "html") {
    return new LiteError(`${source} is a web page, not a data file.`, {
      hint: "Look for a download or “raw” link on that page and use its address instead.",
      source,
    });
  }
  if (kind === "lfs") {
    return new LiteError(
      `${source} is only a pointer to the data, which Git LFS keeps elsewhere.`,
      {
        hint: "Open the file’s page, download it there and drop it here, or use the download’s address.",
        source,
      },
    );
  }
  if (!Object.hasOwn(UNREADABLE, kind)) return undefined;
  const [what, hint] = UNREADABLE[/** @type {keyof typeof UNREADABLE} */ (kind)];
  return new LiteError(`${source} is ${what}, which cannot be opened here.`, { hint, source });
}
