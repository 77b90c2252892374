/**
 * Gets files that the person drops: one, many or a folder, anywhere on the page.
 *
 * While something is held over the page, an overlay says what would happen to it. Parts of the page that
 * take files themselves, as some of Datasette's fields do, are left alone.
 */

import { looksLikeData } from "./data-files.js";
import { element } from "../ui/dom.js";
import { shadowWith } from "../ui/shadow.js";

/**
 * @typedef {object} Dropped
 * @property {File[]} files
 * @property {number} passedOver  how many files in folders do not look like data, or cannot be read
 */

/**
 * @param {object} dropping
 * @param {string} dropping.title  what the overlay says
 * @param {string} [dropping.detail]
 * @param {(dropped: Dropped) => void} dropping.onFiles
 */
export function setUpFileDrop({ title, detail = "", onFiles }) {
  /** @type {HTMLElement | undefined} */
  let overlay;
  let fromThisPage = false;

  const show = () => {
    overlay ??= makeOverlay(title, detail);
    if (!overlay.isConnected) document.body.append(overlay);
    // Above the page's dialogs too, where the browser can.
    if (overlay.popover !== undefined && !overlay.matches(":popover-open")) overlay.showPopover();
  };
  const hide = () => overlay?.remove();

  // A picture of the page that is dragged within it also counts as a file.
  addEventListener("dragstart", () => (fromThisPage = true));
  addEventListener("dragend", () => (fromThisPage = false));
  addEventListener("dragover", (event) => {
    if (fromThisPage || !event.dataTransfer?.types.includes("Files")) return;
    if (event.defaultPrevented) return hide();
    event.preventDefault(); // else the browser would open the file instead of this page
    event.dataTransfer.dropEffect = "copy";
    show();
  });
  addEventListener("dragleave", (event) => {
    // This also fires for every element that is crossed; only on leaving the page is there no next one.
    if (event.relatedTarget === null) hide();
  });
  addEventListener("drop", async (event) => {
    hide();
    const transfer = event.dataTransfer;
    if (fromThisPage || event.defaultPrevented || !transfer?.types.includes("Files")) return;
    event.preventDefault();
    onFiles(await filesOf(transfer));
  });
}

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<Dropped>}
 */
async function filesOf(transfer) {
  // The list is empty once the event is over, so take everything from it before any wait.
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const things = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  /** @type {Dropped} */
  const dropped = { files: [], passedOver: 0 };
  for (const thing of things) {
    if (thing instanceof File) dropped.files.push(thing);
    else if (thing?.isFile) await take(/** @type {FileSystemFileEntry} */ (thing), dropped);
    else if (thing) await walk(/** @type {FileSystemDirectoryEntry} */ (thing), dropped);
  }
  return dropped;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {Dropped} dropped
 */
async function walk(folder, dropped) {
  const entries = await entriesOf(folder);
  entries.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), dropped);
    else if (looksLikeData(entry.name)) {
      await take(/** @type {FileSystemFileEntry} */ (entry), dropped);
    } else dropped.passedOver += 1;
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @param {Dropped} dropped
 */
async function take(entry, dropped) {
  try {
    dropped.files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
  } catch {
    dropped.passedOver += 1; // it is gone by now, or may not be read
  }
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} a hundred at a time, and none at the end */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/**
 * @param {string} title
 * @param {string} detail
 * @returns {HTMLElement}
 */
function makeOverlay(title, detail) {
  // Only the pointer shows and hides it, so nothing has to be read out.
  const host = element("div", { popover: "manual", "aria-hidden": "true" });
  shadowWith(host, ["drop-overlay.css"]).append(
    element("div", {}, element("p", {}, title), ...(detail ? [element("p", {}, detail)] : [])),
  );
  return host;
}
