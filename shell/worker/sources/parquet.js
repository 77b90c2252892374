/**
 * Reads Parquet files for Python: rows in portions, with values that JSON can carry.
 *
 * hyparquet does the decoding. This module maps each of Parquet's types, and never blocks the worker's
 * thread for long: columns are decoded one by one, with a pause after each.
 *
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */

import { parquetMetadataAsync, parquetScan, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import {
  bytesInJson,
  decimal,
  isoDay,
  moment,
  NANOSECONDS,
  pause,
  plain,
  SECONDS_A_DAY,
  textOf,
  timeOfDay,
} from "./plain-values.js";
import { RowPortions } from "./row-portions.js";
import { LiteError } from "../../shared/errors.js";

/** @typedef {import("hyparquet").SchemaElement} SchemaElement */
/** @typedef {import("hyparquet").SchemaTree} SchemaTree */
/** @typedef {"text" | "integer" | "float" | "blob" | "json"} ColumnType */
/** @typedef {{name: string, type: ColumnType}} Column */

/** Rows that are examined to see whether bytes without a type are text. */
const SAMPLE = 1000;

/**
 * @param {Uint8Array | Blob} data
 * @param {string} source  URL or name, for messages
 * @returns {Promise<ParquetRows>}
 * @throws {LiteError} it is damaged, or holds something that cannot be read
 */
export async function openParquet(data, source) {
  const file =
    data instanceof Blob
      ? {
          byteLength: data.size,
          slice: (/** @type {number} */ start, /** @type {number} */ end = data.size) =>
            data.slice(start, end).arrayBuffer(),
        }
      : {
          byteLength: data.byteLength,
          slice: (/** @type {number} */ start, /** @type {number} */ end = data.byteLength) =>
            /** @type {ArrayBuffer} */ (data.slice(start, end).buffer),
        };
  try {
    const options = { file, compressors, parsers: PARSERS, utf8: false };
    const metadata = await parquetMetadataAsync(file, { parsers: PARSERS });
    const columns = parquetSchema(metadata).children;
    refuseEqualNames(columns, source);
    const scales = new Map(columns.filter(isDecimal).map(keepDigits));
    const rows = new ParquetRows(
      await parquetScan({ ...options, metadata }),
      file.byteLength,
      source,
      scales,
    );
    await rows.begin();
    return rows;
  } catch (error) {
    throw unreadable(error, source);
  }
}

/** The rows of a file, as bootstrap.py's `add_rows` reads them. */
export class ParquetRows {
  /** Bytes that the rows so far stand for, and bytes in total. */
  done = 0;
  total;
  /** How many rows there are. */
  count;
  /** What the file is, in words. */
  inWords;
  #scan;
  #source;
  #schema;
  /** @type {Column[]} */
  #columns;
  /** @type {Array<(value: any) => unknown>} by column: converters to what JSON can carry */
  #toPlain;
  #group = 0;
  /** @type {Array<ArrayLike<any>>} the columns of the current row group */
  #decoded = [];
  #length = 0;
  #at = 0;
  #rowsDone = 0;
  #portions = new RowPortions();

  /**
   * @param {import("hyparquet").ParquetScan} scan
   * @param {number} size  bytes
   * @param {string} source
   * @param {Map<SchemaElement, number>} scales  of the columns that hold decimals: digits after the point
   */
  constructor(scan, size, source, scales) {
    this.#scan = scan;
    this.#source = source;
    this.total = size;
    this.count = Number(scan.metadata.num_rows);
    const codec = scan.metadata.row_groups[0]?.columns[0]?.meta_data?.codec ?? "UNCOMPRESSED";
    this.inWords = codec === "UNCOMPRESSED" ? "Parquet" : `Parquet, ${codec}`;
    this.#schema = parquetSchema(scan.metadata).children;
    this.#columns = this.#schema.map((column) => {
      const scale = scales.get(column.element);
      const type = scale === undefined ? typeOf(column) : scale > 0 ? "float" : "integer";
      return { name: column.element.name, type };
    });
    this.#toPlain = this.#schema.map((column) => {
      const scale = scales.get(column.element);
      return scale === undefined ? converter(column) : (value) => decimal(integerOf(value), scale);
    });
  }

  /** @returns {string} names and types as JSON */
  get columns() {
    return JSON.stringify(this.#columns);
  }

  /** Decode the first rows, and find out what bytes without a type are. */
  async begin() {
    await this.#nextGroup();
    this.#columns.forEach((column, index) => {
      if (column.type !== "blob") return;
      const sample = Array.from(this.#decoded[index] ?? []).slice(0, SAMPLE);
      const values = sample.filter((value) => value instanceof Uint8Array);
      if (values.length > 0 && values.every((value) => textOf(value) !== undefined)) {
        column.type = "text";
        this.#toPlain[index] = (value) => textOf(value) ?? bytesInJson(value);
      }
    });
  }

  /**
   * @returns {Promise<string | undefined>} JSON: a list of rows, each a list of values; undefined at
   *   the end
   * @throws {LiteError}
   */
  async next() {
    try {
      while (this.#at >= this.#length) {
        if (!(await this.#nextGroup())) return undefined;
      }
      const end = Math.min(this.#at + this.#portions.length, this.#length);
      const rows = [];
      for (let index = this.#at; index < end; index++) {
        rows.push(this.#decoded.map((values, column) => this.#plain(values[index], column)));
      }
      this.#rowsDone += end - this.#at;
      this.#at = end;
      this.done = Math.round((this.total * this.#rowsDone) / Math.max(1, this.count));
      return this.#portions.toJson(rows);
    } catch (error) {
      throw unreadable(error, this.#source);
    }
  }

  /**
   * The first rows, as next() would give them.
   *
   * @param {number} most
   * @returns {unknown[][]}
   */
  firstRows(most) {
    const length = Math.min(most, this.#length);
    return Array.from({ length }, (_, index) =>
      this.#decoded.map((values, column) => this.#plain(values[index], column)),
    );
  }

  /**
   * @param {any} value
   * @param {number} column
   * @returns {unknown}
   */
  #plain(value, column) {
    return value === undefined || value === null ? null : this.#toPlain[column](value);
  }

  /** @returns {Promise<boolean>} false if there is none */
  async #nextGroup() {
    const range = this.#scan.ranges[this.#group++];
    this.#decoded = [];
    this.#length = this.#at = 0;
    if (!range) return false;
    const decoded = [];
    for (const { element } of this.#schema) {
      decoded.push(await this.#scan.readColumn({ column: element.name, ...range }));
      await pause();
    }
    this.#decoded = decoded;
    this.#length = range.rowEnd - range.rowStart;
    return true;
  }
}

/**
 * @param {SchemaTree[]} columns
 * @param {string} source
 * @throws {LiteError} two have the same name; hyparquet would read the first of them twice
 */
function refuseEqualNames(columns, source) {
  const names = columns.map(({ element }) => element.name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice === undefined) return;
  throw new LiteError(`${source} has more than one column called “${twice}”.`, {
    hint: "Such a Parquet file cannot be read here. Write it again with a different name for each column.",
    source,
  });
}

/** @param {SchemaTree} column */
function isDecimal({ element, children }) {
  const { converted_type: converted, logical_type: logical, repetition_type: repetition } = element;
  const isOne = converted === "DECIMAL" || logical?.type === "DECIMAL";
  return isOne && children.length === 0 && repetition !== "REPEATED";
}

/**
 * Have hyparquet leave the decimals of a column as they are stored, because it turns them into floats.
 *
 * @param {SchemaTree} column
 * @returns {[SchemaElement, number]}
 */
function keepDigits({ element }) {
  const { logical_type: logical, scale = logical?.type === "DECIMAL" ? logical.scale : 0 } =
    element;
  delete element.converted_type;
  delete element.logical_type;
  return [element, scale];
}

/**
 * @param {number | bigint | Uint8Array} value  bytes: big-endian, in two's complement
 * @returns {bigint}
 */
function integerOf(value) {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  let hex = "0x0";
  for (const byte of value) hex += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(Math.max(8, 8 * value.length), BigInt(hex));
}

/**
 * @param {SchemaTree} column
 * @returns {ColumnType}
 */
function typeOf({ element, children }) {
  if (children.length > 0 || element.repetition_type === "REPEATED") return "json";
  const { type, logical_type: logical } = element;
  if (isMoment(element)) return "text";
  if (logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY") return "json";
  if (type === "FLOAT" || type === "DOUBLE" || logical?.type === "FLOAT16") return "float";
  if (type === "BOOLEAN" || type === "INT32" || type === "INT64") return "integer";
  return isText(element) ? "text" : "blob";
}

/** @param {SchemaElement} element */
function isMoment({ type, converted_type: converted, logical_type: logical }) {
  return (
    type === "INT96" ||
    /^(DATE|TIME)/.test(converted ?? "") ||
    ["DATE", "TIME", "TIMESTAMP"].includes(logical?.type ?? "")
  );
}

/** @param {SchemaElement} element */
function isText({ converted_type: converted, logical_type: logical }) {
  return (
    ["UTF8", "ENUM", "JSON"].includes(converted ?? "") ||
    ["STRING", "ENUM", "JSON", "UUID"].includes(logical?.type ?? "")
  );
}

/**
 * @param {SchemaTree} column
 * @returns {(value: any) => unknown}
 */
function converter({ element, children }) {
  const { converted_type: converted = "", logical_type: logical } = element;
  if (children.length > 0 || element.repetition_type === "REPEATED") return plain;
  if (logical?.type === "TIMESTAMP" && logical.isAdjustedToUTC) {
    return (value) => (typeof value === "string" ? `${value}+00:00` : plain(value));
  }
  if (logical?.type === "TIME" || converted.startsWith("TIME_")) {
    const unit = logical?.type === "TIME" ? logical.unit : converted.slice("TIME_".length);
    return (value) => timeOfDay(BigInt(value) * NANOSECONDS[unit]);
  }
  if (logical?.type === "DATE") {
    return (value) => (typeof value === "number" ? PARSERS.dateFromDays(value) : value);
  }
  if (isText(element)) {
    return (value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
  }
  return (value) => (value instanceof Uint8Array ? bytesInJson(value) : plain(value));
}

/** Formats moments as ISO 8601, as Python's isoformat() does. */
const PARSERS = {
  timestampFromMilliseconds: (/** @type {any} */ value) => moment(value, NANOSECONDS.MILLIS),
  timestampFromMicroseconds: (/** @type {any} */ value) => moment(value, NANOSECONDS.MICROS),
  timestampFromNanoseconds: (/** @type {any} */ value) => moment(value, NANOSECONDS.NANOS),
  dateFromDays: (/** @type {any} */ days) =>
    days === undefined || days === null
      ? days
      : (isoDay(BigInt(days) * SECONDS_A_DAY) ?? String(days)),
  // Kept as written, so that no digit is lost.
  jsonFromBytes: (/** @type {Uint8Array | undefined} */ bytes) =>
    bytes && new TextDecoder().decode(bytes),
};

/**
 * @param {unknown} error
 * @param {string} source
 * @returns {LiteError}
 */
function unreadable(error, source) {
  if (error instanceof LiteError) return error;
  const why = error instanceof Error ? error.message : String(error);
  const unsupported = /unsupported|not supported/i.test(why);
  return new LiteError(`${source} could not be read as a Parquet file: ${why}.`, {
    hint: unsupported
      ? "It uses a part of the format that is not supported here. Write it again without that, or as CSV."
      : "The file is probably damaged or incomplete. Download or write it again, then try once more.",
    source,
    cause: error,
  });
}
