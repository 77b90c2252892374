/**
 * How saved files are cut up; taking and storing blocks must agree on this.
 */

/** Bytes in a block; the last one of a file is shorter. Some 16 pages of SQLite's. */
export const BLOCK_SIZE = 64 * 1024;

/** Bytes that a save in several transactions has in memory at a time. */
export const PORTION = 8 * 1024 * 1024;
