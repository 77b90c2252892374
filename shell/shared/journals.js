/**
 * Recognises, by their names, the journals that SQLite keeps beside a database: a -wal holds its newest
 * rows, a -journal can undo an interrupted change. A database is complete only together with them.
 *
 * Python uses their contents (engine/sqlite/journals.py).
 */

import { LiteError } from "./errors.js";

/** A -shm is only an index of the -wal, which SQLite can recreate. */
const SUFFIX = /-(wal|journal|shm)$/i;

/**
 * @template T
 * @typedef {object} Together
 * @property {T} database   or any other file
 * @property {Array<{suffix: string, journal: T}>} journals
 */

/**
 * Put journals with the databases that they belong to.
 *
 * @template T
 * @param {T[]} files
 * @param {(file: T) => string} nameOf  path or URL
 * @returns {Array<Together<T>>} in the order of the files; a journal without its database is one of them
 */
export function withJournals(files, nameOf) {
  const plain = (/** @type {T} */ file) => nameOf(file).replace(/[?#].*$/s, "");
  const names = new Set(files.map(plain));
  const isBeside = (/** @type {T} */ file) =>
    isJournal(plain(file)) && names.has(plain(file).replace(SUFFIX, ""));
  return files
    .filter((file) => !isBeside(file))
    .map((database) => ({
      database,
      journals: files
        .filter((file) => isBeside(file) && plain(file).replace(SUFFIX, "") === plain(database))
        .map((journal) => ({ suffix: plain(journal).slice(plain(database).length), journal }))
        .map(({ suffix, journal }) => ({ suffix: suffix.toLowerCase(), journal })),
    }));
}

/**
 * @param {string} name  path or URL
 * @returns {boolean}
 */
export function isJournal(name) {
  return SUFFIX.test(name.replace(/[?#].*$/s, ""));
}

/**
 * @param {string} name
 * @returns {LiteError} for a journal without its database
 */
export function withoutDatabase(name) {
  const plain =
    name
      .replace(/[?#].*$/s, "")
      .split("/")
      .pop() ?? name;
  const database = plain.replace(SUFFIX, "");
  return new LiteError(
    `${plain} holds changes to the database ${database}, but no data by itself.`,
    {
      hint: `Drop or link ${database} and ${plain} at the same time, to open both files together.`,
      source: name,
    },
  );
}
