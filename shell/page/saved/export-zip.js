/**
 * Writes saved instances into a file to keep, or to import on another device.
 *
 * Everything is streamed from Blobs into a Blob, which the browser keeps on disk if it is large.
 */

import {
  BlobReader,
  BlobWriter,
  TextReader,
  ZipWriter,
} from "@zip.js/zip.js/lib/zip-core-external.js";
import { isPrivate } from "../../shared/imported-paths.js";
import { exportedRecord } from "../../shared/saved-record.js";
import { readInstance } from "../../shared/saved-contents.js";
import { nameOf } from "../ui/workspace-name.js";
import { CONTENTS, EXPORT_FORMAT } from "./export-format.js";

/** @typedef {import("../../shared/saved-contents.js").SavedFile} SavedFile */
/** @typedef {import("./export-format.js").ExportedInstance} ExportedInstance */

/**
 * @param {import("../../shared/saved-store.js").Store} store
 * @param {string[]} keys
 * @param {URL} siteRoot
 * @param {(bytes: number) => void} onProgress  bytes read so far
 * @returns {Promise<Blob>}
 * @throws {import("../../shared/errors.js").LiteError} something is missing
 */
export async function exportInstances(store, keys, siteRoot, onProgress) {
  const zip = newZip();
  /** @type {ExportedInstance[]} */
  const instances = [];
  /** @type {Set<string>} */
  const taken = new Set();
  let done = 0;
  for (const key of keys) {
    const { instance, files } = await readInstance(store, key, (path) => !isPrivate(path));
    const folder = folderName(nameOf(instance, siteRoot), taken);
    const list = files.map(({ path, content }) => ({ path, size: content.size }));
    instances.push({ folder, instance: exportedRecord(instance), files: list });
    for (const { path, content } of files) {
      await add(zip, { path: `${folder}/${path}`, content }, (bytes) => onProgress(done + bytes));
      done += content.size;
    }
  }
  /** @type {import("./export-format.js").Export} */
  const contents = { format: EXPORT_FORMAT, exportedAt: new Date().toISOString(), instances };
  await zip.add(CONTENTS, new TextReader(`${JSON.stringify(contents, null, 2)}\n`));
  return zip.close();
}

/**
 * @param {SavedFile[]} files
 * @returns {Promise<Blob>} a zip of just these
 */
export async function zipOf(files) {
  const zip = newZip();
  for (const file of files) await add(zip, file);
  return zip.close();
}

/** @returns {ZipWriter<Blob>} */
function newZip() {
  return new ZipWriter(new BlobWriter("application/zip"));
}

/**
 * @param {ZipWriter<Blob>} zip
 * @param {SavedFile} file
 * @param {(bytes: number) => void} [onProgress]
 */
async function add(zip, { path, content }, onProgress) {
  const onprogress = onProgress && (async (/** @type {number} */ bytes) => onProgress(bytes));
  await zip.add(path, new BlobReader(content), { onprogress });
}

/**
 * @param {string} name
 * @param {Set<string>} taken  in lower case, as some file systems compare; added to
 * @returns {string} a name for a folder that every system can unpack
 */
function folderName(name, taken) {
  const plain =
    name
      .replaceAll("’", "'")
      .replace(/[^\p{L}\p{N}._' -]+/gu, "-")
      .replace(/^[. -]+|[. -]+$/g, "") || "data";
  let unique = plain.slice(0, 80);
  for (let number = 2; taken.has(unique.toLowerCase()); number++) unique = `${plain} (${number})`;
  taken.add(unique.toLowerCase());
  return unique;
}
