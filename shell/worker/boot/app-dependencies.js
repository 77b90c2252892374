/**
 * Finds out which packages an app needs, before it may run: a script says so itself (PEP 723), a folder in
 * requirements.txt or pyproject.toml, a wheel in its metadata.
 */

import { TextWriter, Uint8ArrayReader, ZipReader } from "@zip.js/zip.js/lib/zip-core-external.js";
import { dependenciesOf as ofScript, listedIn, MOST_DEPENDENCIES } from "./inline-metadata.js";
import { codePaths, withoutTop } from "../../shared/app-code.js";
import { LiteError } from "../../shared/errors.js";
import { canonicalName } from "../../shared/requirement.js";

/** @typedef {import("@zip.js/zip.js/lib/zip-core-external.js").FileEntry} FileEntry */

/** The most bytes of a file that lists packages. */
const MOST_BYTES = 1_000_000;

/** Servers: what they do is done here by the site, and some of them would not run. */
const SERVERS = ["uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "uvicorn-worker"];

/**
 * @param {string} name  of the file with the code
 * @param {Uint8Array} bytes
 * @returns {Promise<string[]>} requirements
 * @throws {LiteError} the list cannot be read
 */
export async function dependenciesOf(name, bytes) {
  if (name.endsWith(".py")) return ofScript(new TextDecoder().decode(bytes), name);
  const read = await readerOf(bytes, name);
  const all = name.endsWith(".whl") ? await ofWheel(read) : await ofFolder(read, name);
  if (all.length > MOST_DEPENDENCIES) {
    throw unreadable(name, `it lists more than ${MOST_DEPENDENCIES} packages`);
  }
  return all.filter((one) => !SERVERS.includes(nameOf(one)));
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 * @returns {Promise<(pattern: RegExp) => Promise<string | undefined>>} reads the file whose path matches
 */
async function readerOf(bytes, name) {
  /** @type {FileEntry[]} */
  let entries = [];
  try {
    const all = await new ZipReader(new Uint8ArrayReader(bytes)).getEntries();
    const isCode = (/** @type {string} */ path) => codePaths([path]).length > 0;
    entries = /** @type {FileEntry[]} */ (all.filter(({ filename }) => isCode(filename)));
  } catch {
    // Python says what is wrong with it (engine/apps/code.py).
  }
  const paths = withoutTop(entries.map(({ filename }) => filename));
  return async (pattern) => {
    const entry = entries[paths.findIndex((path) => pattern.test(path))];
    if (!entry || entry.uncompressedSize > MOST_BYTES) return undefined;
    try {
      return await entry.getData(new TextWriter());
    } catch (cause) {
      throw unreadable(name, `${entry.filename} cannot be unpacked`, cause);
    }
  };
}

/**
 * @param {(pattern: RegExp) => Promise<string | undefined>} read
 * @returns {Promise<string[]>}
 */
async function ofWheel(read) {
  const metadata = (await read(/^[^/]+\.dist-info\/METADATA$/)) ?? "";
  const [head] = metadata.split(/\r?\n\r?\n/);
  return [...head.matchAll(/^Requires-Dist:\s*(.+?)\s*$/gim)]
    .map(([, requirement]) => requirement)
    .filter((requirement) => !/;.*\bextra\s*==/.test(requirement));
}

/**
 * @param {(pattern: RegExp) => Promise<string | undefined>} read
 * @param {string} name
 * @returns {Promise<string[]>}
 */
async function ofFolder(read, name) {
  const requirements = await read(/^requirements\.txt$/);
  if (requirements !== undefined)
    return requirementsIn(requirements, `requirements.txt of ${name}`);
  const project = await read(/^pyproject\.toml$/);
  const listed = project && projectDependencies(project, `pyproject.toml of ${name}`);
  if (listed) return listed;
  const script = await read(/^(?:main|app|asgi)\.py$/);
  return script === undefined ? [] : ofScript(script, name);
}

/**
 * @param {string} text  of a requirements file
 * @param {string} source
 * @returns {string[]}
 * @throws {LiteError} a line is an option of pip
 */
export function requirementsIn(text, source) {
  const lines = text
    .replace(/\\\r?\n/g, " ")
    .split(/\r\n?|\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
  const option = lines.find((line) => line.startsWith("-"));
  if (option) throw unreadable(source, `“${option}” is an option that only pip understands`);
  return lines.map((line) => line.replace(/\s--hash=.*$/, "").trim());
}

/**
 * @param {string} text  of a pyproject.toml
 * @param {string} source
 * @returns {string[] | undefined} undefined if it does not describe a project
 * @throws {LiteError} it cannot be read
 */
export function projectDependencies(text, source) {
  return listedIn(text, ({ project }) => project, unreadable.bind(null, source));
}

/** @param {string} requirement */
function nameOf(requirement) {
  const [name] = /^[\w.-]*/.exec(requirement) ?? [""];
  return canonicalName(name);
}

/**
 * @param {string} source
 * @param {string} why
 * @param {unknown} [cause]
 */
function unreadable(source, why, cause) {
  return new LiteError(`The packages that the app needs are not known: in ${source}, ${why}.`, {
    hint: "List them by name, one on each line of requirements.txt, and try again.",
    source,
    cause,
  });
}
