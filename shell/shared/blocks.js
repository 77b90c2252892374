/**
 * The sizes of the blocks that saved files are split into; reading and storing must agree on them.
 */

/** Bytes in a block; the last one of a file may be shorter. About 16 SQLite pages. */
export const BLOCK_SIZE = 64 * 1024;

/** Bytes that a save in several transactions holds in memory at a time. */
export const PORTION = 8 * 1024 * 1024;
