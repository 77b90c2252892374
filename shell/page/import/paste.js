/**
 * Gets a table that the person copied from a spreadsheet, or from a web page, and pastes.
 *
 * Only where nothing is being typed: text pasted into a field is meant for the field.
 */

import { looksLikeData } from "./data-files.js";

const FIELDS =
  "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])";

/** @param {(files: File[], kind: "file" | "paste") => void} onFiles */
export function setUpPaste(onFiles) {
  document.addEventListener("paste", (event) => {
    if (event.defaultPrevented || !event.clipboardData || isTyped(event)) return;
    const table = tableIn(event.clipboardData);
    // Spreadsheets also provide a picture of the table, so files come second.
    const files = [...event.clipboardData.files].filter(({ name }) => looksLikeData(name));
    if (table !== "") {
      onFiles([new File([table], "pasted.tsv", { type: "text/tab-separated-values" })], "paste");
    } else if (files.length > 0) onFiles(files, "file");
    else return;
    event.preventDefault();
  });
}

/** @param {ClipboardEvent} event */
function isTyped(event) {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.matches(FIELDS) || target.isContentEditable);
}

/**
 * @param {DataTransfer} clipboard
 * @returns {string} tab-separated, or "" if it holds no table
 */
export function tableIn(clipboard) {
  const text = clipboard.getData("text/plain");
  const html = clipboard.getData("text/html");
  const table = html && new DOMParser().parseFromString(html, "text/html").querySelector("table");
  // The text has quotes where needed and no formatting; it is what spreadsheets paste.
  if (table) return text.includes("\t") ? text : rowsOf(table);
  const [first, second] = text.split("\n");
  return second !== undefined && first.includes("\t") ? text : "";
}

/** @param {HTMLTableElement} table */
function rowsOf(table) {
  return [...table.rows]
    .map((row) => [...row.cells].map((cell) => quoted(cell.textContent?.trim() ?? "")).join("\t"))
    .join("\n");
}

/** @param {string} value */
function quoted(value) {
  return /["\t\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
