/**
 * Reads what a single-file Python script says about itself: its inline script metadata (PEP 723).
 *
 * https://packaging.python.org/en/latest/specifications/inline-script-metadata/
 */

import { parse } from "smol-toml"; // TOML 1.0, which the specification requires; small and maintained
import { LiteError } from "../../shared/errors.js";

/** The first line of a block, with its type, and the last one. */
const BEGIN = /^# \/\/\/ ([a-zA-Z0-9-]+)$/;
const END = "# ///";

/** The block that the specification defines. */
const SCRIPT = "script";

/** More would be a mistake; each is shown to the person. */
export const MOST_DEPENDENCIES = 100;

/**
 * @param {string} code  of a Python script
 * @param {string} source  its address, for errors
 * @returns {string[]} the requirements that it lists as its dependencies
 * @throws {LiteError} the metadata cannot be read
 */
export function dependenciesOf(code, source) {
  const blocks = blocksOf(code).filter(({ type }) => type === SCRIPT);
  if (blocks.length === 0) return [];
  if (blocks.length > 1) throw unreadable(source, "it has more than one “script” block");
  const toml = blocks[0].lines.map((line) => line.replace(/^# ?/, "")).join("\n");
  const dependencies = listedIn(toml, (metadata) => metadata, unreadable.bind(null, source)) ?? [];
  if (dependencies.length > MOST_DEPENDENCIES) {
    throw unreadable(source, `it lists more than ${MOST_DEPENDENCIES} dependencies`);
  }
  return dependencies;
}

/**
 * @param {string} toml
 * @param {(document: any) => any} tableOf  returns the table that has “dependencies”
 * @param {(why: string, cause?: unknown) => LiteError} unreadable  makes the error to throw
 * @returns {string[] | undefined} the requirements that it lists; undefined if there is no such table
 * @throws {LiteError} it cannot be read
 */
export function listedIn(toml, tableOf, unreadable) {
  let table;
  try {
    table = tableOf(parse(toml));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw unreadable(why, cause);
  }
  if (table === undefined) return undefined;
  const { dependencies = [] } = table;
  const isList =
    Array.isArray(dependencies) && dependencies.every((one) => typeof one === "string");
  if (!isList) throw unreadable("“dependencies” is not a list of strings");
  return dependencies;
}

/**
 * The blocks that the specification's regular expression finds, in one pass: it takes time that grows with the
 * square of the file's size, and this runs before a person has allowed the file.
 *
 * @param {string} code
 * @returns {Array<{type: string, lines: string[]}>} without the first and the last line of each
 */
function blocksOf(code) {
  const lines = code.split(/\r\n?|\n/);
  const blocks = [];
  for (let at = 0; at < lines.length; at++) {
    const type = BEGIN.exec(lines[at])?.[1];
    if (type === undefined) continue;
    let end = at + 1;
    let last = 0;
    for (; lines[end] === "#" || lines[end]?.startsWith("# "); end++) {
      // The last one of the comment counts.
      if (lines[end] === END) last = end;
    }
    if (last > at + 1) blocks.push({ type, lines: lines.slice(at + 1, last) });
    at = end - 1;
  }
  return blocks;
}

/**
 * @param {string} source
 * @param {string} why
 * @param {unknown} [cause]
 */
function unreadable(source, why, cause) {
  return new LiteError(`The script metadata of ${source} could not be read: ${why}.`, {
    hint: "It is the comment between “# /// script” and “# ///” (PEP 723). Correct it and try again.",
    source,
    cause,
  });
}
