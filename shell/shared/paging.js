/**
 * Which databases are read block by block (shell/worker/storage/pager.js).
 */

/**
 * Bytes from which on a database is read block by block, unless its link says otherwise. 32 MB take 27 s at
 * 10 Mbit/s, while a page reads a few blocks; a smaller database is better here as a whole, where it needs no
 * network any more. From the disk of this device, 32 MB take about half a second.
 */
export const PAGED_FROM = 32_000_000;
