/**
 * The boundary for imports: every workspace from an export passes through here, once, before anything
 * of it is saved.
 */

import { importedPath, isConfiguration, isPrivate, STATE } from "../../shared/imported-paths.js";
import { importedRecord } from "../../shared/saved-record.js";
import { isPlainObject } from "../../shared/schema.js";
import { LiteError } from "../../shared/errors.js";
import { SITE_ROOT } from "../../shared/site.js";
import { withoutStrayFiles } from "./imported-plugins.js";
import { readState } from "./imported-state.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/saved-contents.js").SavedFile} SavedFile */

/** The most bytes of a file that is read as JSON. */
const MOST_JSON = 4 * 1024 * 1024;

/** The most files in one workspace. */
const MOST_FILES = 20_000;

/**
 * @param {unknown} instance  a record, as shared/saved-record.js describes it
 * @param {unknown} files     its folder, as SavedFiles
 * @returns {Promise<{instance: SavedInstance, files: SavedFile[], leftOut: string[]}>} what may be saved,
 *   and the paths of files that may not; the exporter's cookies and secret are left out unmentioned
 * @throws {LiteError} the record is not well-formed
 */
export async function checkedImport(instance, files) {
  const read = importedRecord(instance);
  if ("fault" in read) throw malformed(read.fault);
  if (!Array.isArray(files) || !files.every(isFile)) throw malformed("files");
  if (files.length > MOST_FILES) throw malformed("the number of files");
  /** @type {Map<string, SavedFile>} */
  const kept = new Map();
  /** @type {string[]} */
  const leftOut = [];
  for (const { path, content } of files) {
    const to = importedPath(path);
    const checked = to !== undefined && !kept.has(to) && (await checkedContent(path, content));
    if (to !== undefined && checked) kept.set(to, { path: to, content: checked });
    else if (!isPrivate(path)) leftOut.push(path);
  }
  const placed = [...kept.values()].filter(
    ({ path }) => !foldersOf(path).some((one) => kept.has(one)),
  );
  const all = await withoutStrayFiles(placed, SITE_ROOT);
  for (const { path } of all) kept.delete(path);
  const size = all.reduce((sum, { content }) => sum + content.size, 0);
  const record = { ...read.record, size, origin: /** @type {const} */ ("import") };
  return { instance: record, files: all, leftOut: [...leftOut, ...kept.keys()] };
}

/**
 * @param {any} file
 * @returns {boolean}
 */
function isFile(file) {
  return typeof file?.path === "string" && file.content instanceof Blob;
}

/**
 * @param {string} path
 * @returns {string[]} of the folders that it is in; none of them can be a file
 */
function foldersOf(path) {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/**
 * @param {string} path
 * @param {Blob} content
 * @returns {Promise<Blob | undefined>} undefined if the content does not belong there
 */
async function checkedContent(path, content) {
  if (path !== STATE && !isConfiguration(path)) return content;
  if (content.size > MOST_JSON) return undefined;
  const json = await content.text();
  const canonical = path === STATE ? readState(json) : readObject(json);
  return canonical === undefined ? undefined : new Blob([canonical]);
}

/**
 * @param {string} json
 * @returns {string | undefined} an object as canonical JSON
 */
function readObject(json) {
  try {
    const value = JSON.parse(json);
    return isPlainObject(value) ? JSON.stringify(value) : undefined;
  } catch {
    return undefined; // also nested too deeply
  }
}

/** @param {string} what */
function malformed(what) {
  return new LiteError(`This workspace cannot be imported: “${what}” is not valid.`, {
    hint: "Export it again on the device it came from. Nothing was changed here.",
  });
}
