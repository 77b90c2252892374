/**
 * Prints the columns of a Parquet file and its rows, as JSON: node tests/support/read_parquet.js FILE
 *
 * hyparquet reads it, which shares no code with the writer in engine/datasette/parquet_stream.py.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

const bytes = readFileSync(process.argv[2]);
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { schema, row_groups: groups } = parquetMetadata(file);
const columns = schema
  .slice(1)
  .map(({ name, type, converted_type: logical }) => [name, logical ?? type]);
const rows = await parquetReadObjects({ file, compressors, utf8: false });
const inJson = (_key, value) => {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};
process.stdout.write(JSON.stringify({ columns, groups: groups.length, rows }, inJson));
