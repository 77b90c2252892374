/**
 * Reads and writes a link's options for a source, in parameters after it: `pk=id`, `skiprows=2`, `decimal=,`.
 *
 * recipe.js decides which source an option belongs to, and Python what it means.
 */

/**
 * How a source becomes a table, as chosen by a link or a person; engine/importing/options.py reads it.
 *
 * @typedef {object} ImportOptions
 * @property {string} [name]       of the table, or of the database that a SQLite file becomes
 * @property {string} [database]   for the tables; never in a link
 * @property {number | string} [skiprows]  lines (in Excel, rows) before the header; detected if absent, as
 *   are all options below up to `null`. Text that is not a number is told of
 * @property {boolean} [header]    whether the first row names the columns
 * @property {string} [delimiter]  of CSV: a character, or a word such as "tab"
 * @property {string} [encoding]   of CSV
 * @property {string} [quote]      "none": quotation marks are part of the values
 * @property {string} [escape]     the escape character, or "none"
 * @property {string} [comment]    what comment lines begin with, or "none"
 * @property {string[]} [null]     words that stand for NULL, or "none"
 * @property {string} [decimal]    the decimal sign; a point by default
 * @property {string} [thousands]  what separates thousands, such as "." or "space"
 * @property {string} [dates]      "dmy", "mdy", "ymd" or a format such as %d.%m.%y: how to read dates
 * @property {boolean} [hidden]    whether to include hidden sheets
 * @property {boolean} [range]     whether to read a SQLite file block by block; by default, if it is large
 * @property {string[]} [pk]       columns of the primary key
 * @property {string[]} [fts]      columns to search in; ["*"]: all with text
 * @property {string[]} [drop]     columns to leave out
 * @property {Record<string, "text" | "integer" | "float">} [types]  by column
 * @property {Record<string, string>} [rename]  new names of columns, by those in the file; never in a link
 * @property {"rename" | "replace" | "add"} [exists]  what to do if the name is taken
 * @property {Record<string, ImportOptions & {skip?: boolean}>} [tables]  by their names in the file,
 *   for files with several
 */

/** The options that a link can have, in canonical order. */
export const OPTIONS = /** @type {const} */ ([
  ...[
    "name",
    "pk",
    "fts",
    "drop",
    "skiprows",
    "header",
    "delimiter",
    "encoding",
    "quote",
    "escape",
  ],
  ...["comment", "null", "decimal", "thousands", "dates", "hidden", "range"],
]);

/** Options with several values, after commas or repeated. */
const LISTS = /** @type {const} */ (["pk", "fts", "drop", "null"]);

/** Options with one value, as it stands. */
// prettier-ignore
const TEXTS = /** @type {const} */ ([
  "name", "delimiter", "encoding", "quote", "escape", "comment", "decimal", "thousands", "dates",
]);

/** Options that are on or off. */
const SWITCHES = /** @type {const} */ (["header", "hidden", "range"]);

/** As a value of `fts`: all columns with text. */
const ALL = ["true", "1", "*"];

/** As a value of a switch. */
const NO = ["0", "false", "no"];

/**
 * @param {string} name
 * @returns {boolean} whether it is an option for a source
 */
export function isOption(name) {
  return /** @type {readonly string[]} */ (OPTIONS).includes(name);
}

/**
 * @param {Array<[name: string, value: string]>} said  for one source; later values override earlier ones
 * @returns {ImportOptions}
 */
export function optionsOf(said) {
  /** @type {ImportOptions} */
  const options = {};
  const last = (/** @type {string} */ name) => said.findLast((pair) => pair[0] === name)?.[1];
  for (const name of TEXTS) {
    const value = last(name);
    if (value) options[name] = value;
  }
  for (const name of LISTS) {
    const values = said
      .filter((pair) => pair[0] === name)
      .flatMap(([, value]) => value.split(","))
      .map((value) => value.trim())
      .filter((value) => value !== "");
    if (values.length > 0) options[name] = [...new Set(values)];
  }
  if (options.fts?.some((column) => ALL.includes(column.toLowerCase()))) options.fts = ["*"];
  for (const name of SWITCHES) {
    const value = last(name);
    if (value !== undefined) options[name] = !NO.includes(value.toLowerCase());
  }
  const skiprows = last("skiprows");
  if (skiprows !== undefined && skiprows !== "") {
    options.skiprows = /^[0-9]+$/.test(skiprows) ? Number(skiprows) : skiprows;
  }
  return options;
}

/**
 * The reverse of optionsOf; options that a link cannot have are left out.
 *
 * @param {ImportOptions} options
 * @returns {Array<[name: string, value: string]>}
 */
export function optionPairs(options) {
  /** @type {Array<[name: string, value: string]>} */
  const pairs = [];
  for (const name of OPTIONS) {
    const value = options[name];
    if (value === undefined) continue;
    if (Array.isArray(value)) pairs.push(...value.map((one) => pairOf(name, one)));
    else pairs.push([name, typeof value === "boolean" ? String(Number(value)) : String(value)]);
  }
  return pairs;
}

/**
 * @param {string} name
 * @param {string} value  one of several
 * @returns {[name: string, value: string]}
 */
function pairOf(name, value) {
  return [name, name === "fts" && value === "*" ? "true" : value];
}
