/**
 * On the page “Manage data”: keeps data in step with files on this device. Where the browser keeps handles of
 * files, it says which have changed, reads them again and saves data back to them; elsewhere the person
 * chooses the file again.
 */

import { LiteError } from "../../shared/errors.js";
import { instancePath } from "../../shared/paths.js";
import { kindFromName } from "../../shared/remote-urls.js";
import { SITE_ROOT } from "../../shared/site.js";
import { keepHandle, noteHandle } from "../import/file-handles.js";
import { pickFiles } from "../import/file-picking.js";
import { askWorker } from "../worker/ask-worker.js";
import { askForJson } from "./ask-for-json.js";
import { askInModal } from "./datasette-modal.js";

/** @typedef {import("../import/file-handles.js").Kept} Kept */

/**
 * Permissions of handles, which not all of TypeScript's libraries have.
 *
 * @typedef {FileSystemFileHandle & {
 *   requestPermission?: (wish: {mode: "read" | "readwrite"}) => Promise<PermissionState>,
 * }} Handle
 */

/** ms by which the times of two reads of an unchanged file may differ, as file systems round them. */
const ROUNDING = 1000;

/** What a file loses, besides what an import left out, when data is saved back to it; by its ending. */
const LOSSES = /** @type {Record<string, string>} */ ({
  csv: "Lines above the header are lost, and the separator and the encoding may change.",
  parquet: "The types of its columns may change.",
});

const DATABASE = "If another program has the file open, close it there first.";

/**
 * A source that is a file on this device.
 *
 * @typedef {object} Local
 * @property {string} source  id
 * @property {string} addition  names the handle that is kept; "" if none can be
 * @property {string} file  its name
 * @property {string} key  of the workspace
 */

/**
 * @param {Kept} kept
 * @returns {Promise<boolean>} whether the file is known to have changed since it was read
 */
export async function hasChanged({ handle, modified, size }) {
  try {
    // Without permission this throws, and nothing is known before the person asks.
    const file = await handle.getFile();
    return file.size !== size || Math.abs(file.lastModified - modified) > ROUNDING;
  } catch {
    return false; // it was moved or deleted; opening it again says so
  }
}

/**
 * Read a file again, and replace what was made from it. Call this while a click is being handled.
 *
 * @param {Local} local
 * @param {Handle | undefined} handle
 * @returns {Promise<string>} the file's name; "" if the person did not choose one
 * @throws {LiteError}
 */
export async function openAgain({ source, addition, key, file: name }, handle) {
  const file = (await readBy(handle)) ?? (await chosen(name));
  if (!file) return "";
  await askWorker({ type: "reload", key, source, revert: true, file });
  await keepHandle(file, addition, key);
  return file.name;
}

/**
 * @param {Handle | undefined} handle
 * @returns {Promise<File | undefined>} undefined if it leads nowhere
 */
async function readBy(handle) {
  if (!handle) return undefined;
  try {
    if (!(await mayUse(handle, "read"))) return undefined;
    const file = await handle.getFile();
    noteHandle(file, handle);
    return file;
  } catch {
    return undefined; // it was moved or deleted
  }
}

/**
 * @param {string} name
 * @returns {Promise<File | undefined>}
 */
async function chosen(name) {
  // Otherwise browsers do not open the file chooser, and never say so.
  if (navigator.userActivation?.isActive === false) {
    throw new LiteError(`The browser could not read ${name}.`, {
      hint: "If it was moved or renamed, click “Open again” once more and choose it.",
    });
  }
  const [file] = await pickFiles();
  return file;
}

/**
 * @param {Handle} handle
 * @param {"read" | "readwrite"} mode
 */
async function mayUse(handle, mode) {
  if (!handle.requestPermission) return true;
  return (await handle.requestPermission({ mode })) === "granted";
}

/**
 * Ask whether to save back.
 *
 * @param {string} file  its name
 * @param {string} name  of the table or database
 * @returns {Promise<boolean>}
 */
export function maySaveBack(file, name) {
  const ending = file.slice(file.lastIndexOf(".") + 1).toLowerCase();
  return askInModal({
    title: `Save back to ${file}?`,
    body: [
      `This replaces the file ${file} on this device with “${name}” as it is here. `,
      kindFromName(file) === "url"
        ? DATABASE
        : ["Whatever the import left out is lost.", LOSSES[ending] ?? ""].join(" ").trim(),
    ],
    yes: "Replace the file",
  });
}

/**
 * Replace a file by what a table or database holds now. Call this while a click is being handled.
 *
 * @param {Local} local
 * @param {Handle} handle
 * @param {string} address  of what the file is to contain
 * @returns {Promise<void>}
 * @throws {LiteError}
 */
export async function saveBack({ file: name, source, addition, key }, handle, address) {
  if (!(await mayUse(handle, "readwrite"))) {
    throw new LiteError(`The browser does not let this site change ${name}.`, {
      hint: "Click “Save back” once more and allow it.",
    });
  }
  const about = `${SITE_ROOT.href}${instancePath(key)}-/sources/file/revision`;
  // Before the data is read: what is edited meanwhile is not in the file.
  const { revision } = await askForJson(about);
  const response = await fetch(address);
  const isFile = response.headers.has("content-disposition");
  if (!response.ok || !response.body || !isFile) {
    throw new LiteError(`The data could not be read (${response.status}).`, {
      hint: `${name} was not changed. Reload this page, then try again.`,
    });
  }
  try {
    // Until it is closed, the file stays as it was.
    await response.body.pipeTo(await handle.createWritable());
  } catch (error) {
    throw new LiteError(`The file was not changed: ${String(error)}.`, {
      hint: "It may be open in another program, or the disk may be full.",
      cause: error,
    });
  }
  const file = await handle.getFile();
  noteHandle(file, handle);
  await keepHandle(file, addition, key);
  // Without an answer, the page goes on saying that the data was edited.
  await askForJson(about, { source, revision });
}
