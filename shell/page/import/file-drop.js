/**
 * Gets files that the person drops: one, many or a folder, anywhere on the page.
 *
 * While something is held over the page, an overlay says what would happen to it. Parts of the page that
 * take files themselves, as some of Datasette's fields do, are left alone.
 */

import { looksLikeData } from "./data-files.js";
import { noteHandle } from "./file-handles.js";
import { element } from "../ui/dom.js";
import { shadowWith } from "../ui/shadow.js";

/**
 * @typedef {object} Dropped
 * @property {File[]} files
 * @property {number} passedOver  how many files in folders do not look like data, or cannot be read
 * @property {Folder} [folder]  if nothing but one folder was dropped
 */

/**
 * @typedef {object} Folder
 * @property {string} name
 * @property {Map<string, () => Promise<File>>} files  all of them but hidden ones, by their paths in it
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
  const handles = items.map((item) => handleOf(item));
  /** @type {Dropped} */
  const dropped = { files: [], passedOver: 0 };
  for (const [index, thing] of things.entries()) {
    const before = dropped.files.length;
    if (thing instanceof File) dropped.files.push(thing);
    else if (thing?.isFile) await take(/** @type {FileSystemFileEntry} */ (thing), dropped);
    else if (thing) {
      const folder = await walk(/** @type {FileSystemDirectoryEntry} */ (thing), dropped);
      if (things.length === 1) dropped.folder = folder;
    }
    const file = dropped.files[before];
    if (file) noteHandle(file, await handles[index]);
  }
  return dropped;
}

/**
 * @param {DataTransferItem} item
 * @returns {Promise<FileSystemHandle | null>} with which the file can be read later, in browsers that give it
 */
async function handleOf(item) {
  const { getAsFileSystemHandle: get } =
    /** @type {{getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>}} */ (item);
  try {
    return (await get?.call(item)) ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {Dropped} dropped
 * @returns {Promise<Folder>}
 */
async function walk(folder, dropped) {
  const entries = await entriesOf(folder);
  entries.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  /** @type {Folder} */
  const found = { name: folder.name, files: new Map() };
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory) {
      const inner = await walk(/** @type {FileSystemDirectoryEntry} */ (entry), dropped);
      for (const [path, file] of inner.files) found.files.set(`${entry.name}/${path}`, file);
      continue;
    }
    const file = /** @type {FileSystemFileEntry} */ (entry);
    found.files.set(entry.name, () => contentOf(file));
    if (looksLikeData(entry.name)) await take(file, dropped);
    else dropped.passedOver += 1;
  }
  return found;
}

/**
 * @param {FileSystemFileEntry} entry
 * @param {Dropped} dropped
 */
async function take(entry, dropped) {
  try {
    dropped.files.push(await contentOf(entry));
  } catch {
    dropped.passedOver += 1; // it is gone by now, or may not be read
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>} rejected if it is gone by now, or may not be read
 */
function contentOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
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
