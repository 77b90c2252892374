/**
 * Takes the files that people bring to a page, by dropping, choosing or pasting. All lead to the same
 * dialog, and from there into the page's workspace, or into a new one whose address nobody else can know.
 *
 * The launcher and every page of Datasette run this, so it is small: the dialog loads when it is
 * needed.
 */

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
    detail: "SQLite, CSV, JSON, Excel, Parquet… Nothing leaves this device.",
    onFiles: ({ files, passedOver }) => void openFiles(files, { passedOver }),
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
 * @param {{kind?: "file" | "paste", passedOver?: number}} [about]  passedOver: how many of a folder's
 *   files are not among them
 */
export async function openFiles(files, { kind = "file", passedOver = 0 } = {}) {
  if (files.length + passedOver === 0) return;
  const [file, ...more] = files;
  if (file && more.length === 0 && /\.zip$/i.test(file.name) && (await openExport(file))) return;
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
