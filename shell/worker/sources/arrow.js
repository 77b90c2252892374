/**
 * Reads Arrow IPC files and streams (Feather) for Python: rows in portions, with values that JSON can
 * carry. The whole Arrow file is held in memory.
 *
 * Flechette does the decoding; it is a tenth of the size of Arrow's own library. This module decides
 * what each of Arrow's types becomes.
 *
 * https://arrow.apache.org/docs/format/Columnar.html
 */

import {
  CompressionType,
  DateUnit,
  IntervalUnit,
  setCompressionCodec,
  tableFromIPC,
  Type,
} from "@uwdata/flechette";
import { decompressZstd } from "hyparquet-compressors";
import { checkBatch } from "./arrow-checks.js";
import { checkMetadata } from "./arrow-metadata.js";
import { decompressFrame } from "./lz4-frame.js";
import {
  bytesInJson,
  decimal,
  distinctNames,
  isoDay,
  moment,
  pause,
  plain,
  SECONDS_A_DAY,
  timeOfDay,
} from "./plain-values.js";
import { RowPortions } from "./row-portions.js";
import { LiteError } from "../../shared/errors.js";

/** @typedef {import("@uwdata/flechette").DataType} DataType */
/** @typedef {import("./parquet.js").ColumnType} ColumnType */
/** @typedef {(value: any) => unknown} Converter  of a value that is not null */

/** The most bytes that one column of a batch may unpack to. */
const MOST_UNPACKED = 2e9;

/** Nanoseconds in each of Arrow's units of time. */
const UNITS = [1_000_000_000n, 1_000_000n, 1000n, 1n];

for (const [kind, decompress] of /** @type {const} */ ([
  [CompressionType.LZ4_FRAME, decompressFrame],
  [
    CompressionType.ZSTD,
    (/** @type {Uint8Array} */ data, /** @type {number} */ size) =>
      decompressZstd(data, new Uint8Array(size)),
  ],
])) {
  setCompressionCodec(kind, {
    encode: (bytes) => bytes,
    decode: (bytes, size = 0) => {
      if (size > MOST_UNPACKED) throw new Error("a column has more than 2 GB unpacked");
      return decompress(bytes, size);
    },
  });
}

/**
 * @param {Uint8Array | Blob} data
 * @param {string} source  URL or name, for messages
 * @returns {Promise<ArrowRows>}
 * @throws {LiteError} it is damaged, or holds something that cannot be read
 */
export async function openArrow(data, source) {
  try {
    const bytes = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;
    checkMetadata(bytes);
    const table = tableFromIPC(bytes, {
      useBigInt: true,
      useBigIntTimestamp: true,
      useDecimalInt: true,
    });
    for (const column of table.children) column.data.forEach(checkBatch);
    return new ArrowRows(table, bytes.length, source);
  } catch (error) {
    throw unreadable(error, source);
  }
}

/** The rows of a file, as bootstrap.py's `add_rows` reads them. */
export class ArrowRows {
  /** Bytes that the rows so far stand for, and bytes in total. */
  done = 0;
  total;
  /** How many rows there are. */
  count;
  /** What the file is, in words. */
  inWords = "Arrow";
  #table;
  #source;
  /** @type {Converter[]} by column */
  #converters;
  #at = 0;
  #portions = new RowPortions();

  /**
   * @param {import("@uwdata/flechette").Table} table
   * @param {number} size  bytes
   * @param {string} source
   */
  constructor(table, size, source) {
    this.#table = table;
    this.#source = source;
    this.total = size;
    this.count = table.numRows;
    this.#converters = table.schema.fields.map(({ type }) => converter(type));
  }

  /** @returns {string} names and types as JSON */
  get columns() {
    const { fields } = this.#table.schema;
    const names = distinctNames(fields.map(({ name }) => name));
    return JSON.stringify(fields.map(({ type }, at) => ({ name: names[at], type: typeOf(type) })));
  }

  /**
   * @returns {Promise<string | undefined>} JSON: a list of rows, each a list of values; undefined at
   *   the end
   * @throws {LiteError}
   */
  async next() {
    if (this.#at >= this.count) return undefined;
    await pause();
    try {
      const rows = this.#rows(this.#at, Math.min(this.#at + this.#portions.length, this.count));
      this.#at += rows.length;
      this.done = Math.round((this.total * this.#at) / this.count);
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
    try {
      return this.#rows(0, Math.min(most, this.count));
    } catch (error) {
      throw unreadable(error, this.#source);
    }
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {unknown[][]}
   */
  #rows(start, end) {
    const columns = this.#converters.map((convert, index) => {
      const column = this.#table.getChildAt(index);
      const values = [];
      for (let row = start; row < end; row++) {
        const value = column.at(row);
        values.push(value === null || value === undefined ? null : convert(value));
      }
      return values;
    });
    return Array.from({ length: end - start }, (_, row) => columns.map((values) => values[row]));
  }
}

/**
 * @param {DataType} type
 * @returns {ColumnType}
 */
function typeOf(type) {
  switch (type.typeId) {
    case Type.Int:
    case Type.Bool:
      return "integer";
    case Type.Float:
      return "float";
    case Type.Decimal:
      return type.scale > 0 ? "float" : "integer";
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return "blob";
    case Type.Dictionary:
      return typeOf(type.dictionary);
    case Type.RunEndEncoded:
      return typeOf(type.children[1].type);
    case Type.Duration:
      return "integer";
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList:
    case Type.Struct:
    case Type.Map:
    case Type.Union:
    case Type.Interval:
      return "json";
    default:
      return "text";
  }
}

/**
 * @param {DataType} type
 * @returns {Converter}
 */
function converter(type) {
  switch (type.typeId) {
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return bytesInJson;
    case Type.Date:
      // Both units arrive as milliseconds.
      return (value) => {
        const seconds = BigInt(Math.floor(Number(value) / 1000));
        const day = isoDay(seconds) ?? String(seconds / SECONDS_A_DAY);
        const isDay = type.unit === DateUnit.DAY || Number(value) % 86_400_000 === 0;
        return isDay ? day : moment(BigInt(value), UNITS[1]);
      };
    case Type.Timestamp: {
      const zone = type.timezone ? "+00:00" : "";
      return (value) => `${moment(value, UNITS[type.unit])}${zone}`;
    }
    case Type.Time:
      return (value) => timeOfDay(BigInt(value) * UNITS[type.unit]);
    case Type.Decimal:
      return (value) => decimal(BigInt(value), type.scale);
    case Type.Interval:
      return (value) => interval(type.unit, value);
    case Type.Dictionary:
      return converter(type.dictionary);
    case Type.RunEndEncoded:
      return converter(type.children[1].type);
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList: {
      const inner = orNull(converter(type.children[0].type));
      return (value) => Array.from(value, inner);
    }
    case Type.Struct: {
      const members = type.children.map(
        (field) => /** @type {const} */ ([field.name, orNull(converter(field.type))]),
      );
      return (value) =>
        Object.fromEntries(members.map(([name, convert]) => [name, convert(value[name])]));
    }
    case Type.Map: {
      /** @type {any} */
      const entry = type.children[0].type;
      const [key, item] = entry.children.map((/** @type {any} */ field) => converter(field.type));
      return (value) =>
        Object.fromEntries(
          Array.from(value, ([name, one]) => [String(key(name)), orNull(item)(one)]),
        );
    }
    default:
      return plain;
  }
}

/**
 * @param {Converter} convert
 * @returns {Converter}
 */
function orNull(convert) {
  return (value) => (value === null || value === undefined ? null : convert(value));
}

/**
 * @param {number} unit
 * @param {any} value
 * @returns {Record<string, number>}
 */
function interval(unit, value) {
  if (unit === IntervalUnit.YEAR_MONTH) return { months: value };
  if (unit === IntervalUnit.DAY_TIME) return { days: value[0], milliseconds: value[1] };
  return { months: value[0], days: value[1], nanoseconds: value[2] };
}

/**
 * @param {unknown} error
 * @param {string} source
 * @returns {LiteError}
 */
function unreadable(error, source) {
  if (error instanceof LiteError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new LiteError(`${source} could not be read as an Arrow file: ${why}.`, {
    hint: "The file is probably damaged or not whole. Download or write it again, then try once more.",
    source,
    cause: error,
  });
}
