/**
 * Reads a file that export-zip.js wrote, perhaps in another browser and long ago.
 *
 * Rejects a damaged file before anything is unpacked. The worker, which trusts no page, decides what of
 * it may be saved (shell/worker/trust/imported-instance.js).
 */

import {
  BlobReader,
  BlobWriter,
  TextWriter,
  ZipReader,
} from "@zip.js/zip.js/lib/zip-core-external.js";
import { LiteError } from "../../shared/errors.js";
import { importedPath, isPrivate } from "../../shared/imported-paths.js";
import { importedRecord } from "../../shared/saved-record.js";
import { count, listOf, objectOf, text, when } from "../../shared/schema.js";
import { STATE_FORMAT } from "../../shared/saved-store.js";
import { CONTENTS, EXPORT_FORMAT } from "./export-format.js";

/** @typedef {import("@zip.js/zip.js/lib/zip-core-external.js").FileEntry} FileEntry */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/saved-contents.js").SavedFile} SavedFile */

/**
 * @typedef {object} Importable  an instance in the file
 * @property {SavedInstance} instance
 * @property {number} size  bytes in all files that can be imported
 * @property {string[]} leftOut  paths of the other files
 * @property {(onProgress: (bytes: number) => void) => Promise<SavedFile[]>} unpack  throws a LiteError
 *   if the file turns out to be damaged
 */

/**
 * @param {File} file
 * @returns {Promise<Importable[]>}
 * @throws {LiteError} it is not such a file, or not complete
 */
export async function readExport(file) {
  const entries = await entriesOf(file);
  // People who pack the folders again often include the folder around them as well.
  const list = [...entries.keys()].filter((path) => path === CONTENTS || inFolder(path, CONTENTS));
  const [contents] = list.sort((a, b) => a.length - b.length);
  if (contents === undefined) {
    throw new LiteError(`${quoted(file)} is a zip file, but not an export of Datasette Lite.`, {
      hint: `An export contains a file named ${CONTENTS}. To open a database, open its file itself.`,
    });
  }
  const around = contents.slice(0, -CONTENTS.length);
  return checkedContents(file, await textOf(file, entries, contents)).map(
    ({ folder, instance, files: all }) => {
      const files = all.filter(({ path }) => importedPath(path) !== undefined);
      const others = all.map(({ path }) => path).filter((path) => !importedPath(path));
      const wanted = files.map(({ path, size }) => {
        const entry = entries.get(`${around}${folder}/${path}`);
        if (!entry) throw damaged(file, `${folder}/${path} is missing.`);
        if (entry.uncompressedSize !== size) {
          throw damaged(file, `${folder}/${path} does not have the size it should have.`);
        }
        return { path, entry };
      });
      return {
        instance,
        size: files.reduce((sum, { size }) => sum + size, 0),
        leftOut: others.filter((path) => !isPrivate(path)),
        unpack: (onProgress) => unpack(file, wanted, onProgress),
      };
    },
  );
}

/**
 * @param {File} file
 * @returns {Promise<boolean>} whether it looks like an export, perhaps of another version
 */
export async function isExport(file) {
  try {
    return [...(await entriesOf(file)).keys()].some(
      (path) => path === CONTENTS || inFolder(path, CONTENTS),
    );
  } catch {
    return false;
  }
}

/**
 * @param {File} file
 * @returns {Promise<Map<string, FileEntry>>} by path
 */
async function entriesOf(file) {
  try {
    const entries = await new ZipReader(new BlobReader(file)).getEntries();
    const files = /** @type {FileEntry[]} */ (entries.filter(({ directory }) => !directory));
    return new Map(files.map((entry) => [entry.filename, entry]));
  } catch (cause) {
    const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    // Every zip file begins with these two letters, even half of one.
    if (start[0] === 0x50 && start[1] === 0x4b) {
      throw damaged(file, "It may be incomplete, as after an interrupted download.", cause);
    }
    throw new LiteError(`${quoted(file)} is not a zip file.`, {
      hint: "Choose a file that was made with “Export” on this page, on this device or another one.",
      cause,
    });
  }
}

/**
 * @param {File} file
 * @param {Map<string, FileEntry>} entries
 * @param {string} path
 * @returns {Promise<string>}
 */
async function textOf(file, entries, path) {
  const entry = /** @type {FileEntry} */ (entries.get(path));
  try {
    return await entry.getData(new TextWriter(), { checkSignature: true });
  } catch (cause) {
    throw damaged(file, `${path} cannot be unpacked.`, cause);
  }
}

/**
 * @param {File} file
 * @param {Array<{path: string, entry: FileEntry}>} wanted
 * @param {(bytes: number) => void} onProgress
 * @returns {Promise<SavedFile[]>}
 */
async function unpack(file, wanted, onProgress) {
  const files = [];
  let done = 0;
  for (const { path, entry } of wanted) {
    try {
      const onprogress = async (/** @type {number} */ bytes) => onProgress(done + bytes);
      const content = await entry.getData(new BlobWriter(), { checkSignature: true, onprogress });
      files.push({ path, content });
    } catch (cause) {
      throw damaged(file, `${path} cannot be unpacked.`, cause);
    }
    done += entry.uncompressedSize;
  }
  return files;
}

/**
 * @param {File} file
 * @param {string} text  of datasette-lite.json
 * @returns {Array<{folder: string, instance: SavedInstance, files: Array<{path: string, size: number}>}>}
 */
function checkedContents(file, text) {
  /** @type {any} */
  let contents;
  try {
    contents = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, `${CONTENTS} is not JSON.`, cause);
  }
  const isFormat = Number.isSafeInteger(contents?.format) && contents.format >= 0;
  if (isFormat && contents.format > EXPORT_FORMAT) throw tooNew(file);
  const fault = EXPORT(contents, "");
  if (fault !== undefined) throw malformed(file, fault);
  return contents.instances.map((/** @type {any} */ entry, /** @type {number} */ index) => {
    const { folder, instance, files } = entry;
    if (instance?.format > STATE_FORMAT) throw tooNew(file);
    const read = importedRecord(instance);
    if ("record" in read) return { folder, files, instance: read.record };
    if (read.fault !== "key") throw malformed(file, `instances[${index}].instance.${read.fault}`);
    const key = String(instance.key).slice(0, 40);
    throw damaged(file, `The key “${key}” in it does not describe any data.`);
  });
}

/** This becomes a path in Python's file system, so it must not lead out of its folder. */
const PATH = text(1000, /^(?:(?!\.{0,2}(?:\/|$))[^/\0]+(?:\/|$))+$/);

/** The required form of datasette-lite.json; shared/saved-record.js checks the record in it. */
const EXPORT = objectOf({
  format: count(),
  exportedAt: text(100),
  instances: listOf(
    objectOf({
      folder: PATH,
      instance: when((value) => typeof value === "object"),
      files: listOf(objectOf({ path: PATH, size: count() }), 20_000),
    }),
    10_000,
  ),
});

/**
 * @param {string} path
 * @param {string} name
 * @returns {boolean} whether the path names a file of that name in one folder
 */
function inFolder(path, name) {
  return path.endsWith(`/${name}`) && path.indexOf("/") === path.length - name.length - 1;
}

/** @param {File} file */
function quoted(file) {
  return `“${file.name}”`;
}

/**
 * @param {File} file
 * @param {string} what  a sentence
 * @param {unknown} [cause]
 */
function damaged(file, what, cause) {
  return new LiteError(`${quoted(file)} is damaged, so nothing was imported.`, {
    hint: `${what} Copy or export it again.`,
    traceback: cause === undefined ? undefined : String(cause),
    cause,
  });
}

/**
 * @param {File} file
 * @param {string} fault  path of the part
 */
function malformed(file, fault) {
  return damaged(file, `“${fault || "The list"}” in ${CONTENTS} is not valid.`);
}

/** @param {File} file */
function tooNew(file) {
  return new LiteError(`${quoted(file)} was exported by a newer version of Datasette Lite.`, {
    hint: "Import it on a site with that version, or reload this page once this site has been updated.",
  });
}
