/**
 * The libraries of the worker. The build makes one file of them, vendor/worker.js: on a first visit each
 * module of a worker takes the browser some 8 ms, and these are forty.
 */

// Reads Parquet files, in JavaScript alone.
export { parquetMetadataAsync, parquetScan, parquetSchema } from "hyparquet";
export { compressors } from "hyparquet-compressors";
// Decompresses Zstandard, which browsers cannot by themselves: the reference implementation as
// WebAssembly, at a first use seven times as fast as one in JavaScript.
export { ZSTDDecoder } from "zstddec";
