/**
 * Takes the files that people bring to a page, by dropping, choosing or pasting. Data leads to the same
 * dialog, and from there into the page's workspace, or into a new one whose address nobody else can know.
 * Exported workspaces and apps open in their own ways.
 *
 * The launcher and every page of Datasette run this, so it is small: the dialog loads when it is
 * needed.
 */

import { isCodeFile } from "../../shared/app-code.js";
import { parseAppPath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { setUpFileDrop } from "./file-drop.js";
import { pickFiles } from "./file-picking.js";
import { setUpPaste } from "./paste.js";

/** An element with this attribute opens the file chooser when it is clicked. */
const HOOK = "[data-lite-open-files]";

/** @type {(file: File) => Promise<boolean>} opens an exported workspace; false if the file is none */
let openExport = async () => false;

/** @param {(file: File) => Promise<boolean>} onExport  opens an exported workspace; false if it is none */
export function setUpFileBringing(onExport) {
  openExport = onExport;
  setUpFileDrop({
    title: "Drop to open",
    detail: "SQLite, CSV, JSON, Excel, Parquet… Opening a file does not upload it.",
    onFiles: ({ files, ...about }) => void openFiles(files, about),
  });
  setUpPaste((files, kind) => void openFiles(files, { kind }));
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest(HOOK)) return;
    event.preventDefault();
    void openPicker();
  });
}

/** Let the person choose files and open them. Call this while a click is being handled. */
export async function openPicker() {
  await openFiles(await pickFiles());
}

/**
 * Ask how to open files, and open them.
 *
 * @param {File[]} files
 * @param {object} [about]
 * @param {"file" | "paste"} [about.kind]
 * @param {number} [about.passedOver]  how many of a folder's files are not among them
 * @param {import("./file-drop.js").Folder} [about.folder]  the folder that all of them are in
 */
export async function openFiles(files, { kind = "file", passedOver = 0, folder } = {}) {
  if (files.length + passedOver === 0) return;
  const [file, ...more] = files;
  const only = file && more.length + passedOver === 0 ? file : undefined;
  if (only && /\.zip$/i.test(only.name) && (await openExport(only))) return;
  const brought = folder ?? only;
  if (brought && mayBeApp(brought) && (await openApp(brought))) return;
  const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key;
  let dialog;
  try {
    dialog = await import("./import-dialog.js");
  } catch {
    alert("A part of this site could not be loaded. Check your connection and reload the page.");
    return;
  }
  await dialog.showImportDialog(key, { files, kind, passedOver });
}

/**
 * @param {File | import("./file-drop.js").Folder} brought
 * @returns {boolean} whether it may be an app, as far as names tell
 */
function mayBeApp(brought) {
  if (brought instanceof File) return isCodeFile(brought.name);
  return [...brought.files.keys()].some((path) => path.endsWith(".py"));
}

/**
 * Open an app with a module that is loaded only then.
 *
 * @param {File | import("./file-drop.js").Folder} brought
 * @returns {Promise<boolean>} false if it is none
 */
async function openApp(brought) {
  try {
    const { openOwnApp } = await import("./own-app.js");
    return await openOwnApp(brought);
  } catch {
    return false; // the import dialog, which loads in the same way, reports what cannot be loaded
  }
}
