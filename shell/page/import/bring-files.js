/**
 * Takes the files that people bring to a page, by dropping, choosing or pasting. All lead to the same
 * dialog, and from there into the page's workspace; from the launcher, into a new one whose address
 * nobody else can know.
 *
 * The launcher and every page of Datasette run this, so it is small: the dialog loads when it is
 * needed.
 */

import { parseAppPath } from "../../shared/paths.js";
import { newKeyForOwnFiles } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";
import { setUpFileDrop } from "./file-drop.js";
import { pickFiles } from "./file-picking.js";
import { setUpPaste } from "./paste.js";

/** An element with this attribute opens the file chooser when it is clicked. */
const HOOK = "[data-lite-open-files]";

export function setUpFileBringing() {
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
  const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key;
  let dialog;
  try {
    dialog = await import("./import-dialog.js");
  } catch {
    alert("A part of this site could not be loaded. Check your connection and reload the page.");
    return;
  }
  const target = { key: key ?? newKeyForOwnFiles(), isNew: key === undefined };
  await dialog.showImportDialog(target, { files, kind, passedOver });
}
