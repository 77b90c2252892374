/**
 * The page “Saved data”: what is saved in this browser, and what can be done about it.
 *
 * Wiring only. It reads the store itself; to change anything it asks the worker, which may be using
 * the same data (shell/shared/saved-store.js).
 */

import { toWire } from "../../shared/errors.js";
import { APP_CODE, listInstances, openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askPerson } from "../ui/ask-person.js";
import { askWorker } from "../worker/ask-worker.js";
import { databasesAmong, isChanged } from "./describe-saved.js";
import { byId, element, formatBytes, inWords } from "../ui/dom.js";
import { downloadDatabase } from "./download-database.js";
import { exportInstances } from "./export-zip.js";
import { setUpFileDrop } from "../import/file-drop.js";
import { pickFiles } from "../import/file-picking.js";
import { isFramedByOthers, showOnlyALink } from "../ui/framing.js";
import { importFile } from "./import-saved.js";
import { offerDownload } from "../ui/offer-download.js";
import { keepTidy, unregister } from "../worker/registrations.js";
import { silentWorkspaces } from "../worker/responsiveness.js";
import { namesOf } from "../ui/workspace-name.js";
import { SavedList } from "./saved-list.js";
import { askForName } from "./rename.js";
import { undo, UndoDeletion } from "./undo-deletion.js";
import { setUpRoom, showRoom } from "./storage-room.js";
import { Work } from "./work.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").Listing} Listing */

/** ms after which “3 minutes ago” is another minute. */
const MINUTE = 60_000;

/** ms after which a workspace that runs and does not answer is shown as such. */
const PATIENCE = 4000;

/** @type {Listing[]} */
let listings = [];
/** @type {Set<string>} keys of workspaces that do not answer */
let silent = new Set();
/** @type {Promise<Store> | undefined} */
let opening;
/** @type {Promise<void> | undefined} */
let refreshing;
/** Whether something may have changed since the data on show was read. */
let stale = false;

const deletion = new UndoDeletion(byId("undo"), () => void undoDeletion());
const work = new Work(() => deletion.end());
const list = new SavedList(byId("instances"), SITE_ROOT, {
  download: ({ instance: { key } }, path) =>
    void work.run("", async () => downloadDatabase(await store(), key, path)),
  exportOne: (listing) => void exportListings([listing]),
  rename: (listing) => void rename(listing),
  remove: (listing) => void remove([listing]),
});

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
if (isFramedByOthers()) showOnlyALink(main);
else start();

function start() {
  setUpRoom();
  byId("export-all").addEventListener("click", () => void exportListings(listings));
  byId("delete-all").addEventListener("click", () => void remove(listings));
  byId("import").addEventListener("click", async () => {
    await importFiles(await pickFiles(".zip,application/zip"));
  });
  setUpFileDrop({
    title: "Drop an export here to import it",
    onFiles: ({ files }) => void importFiles(files),
  });
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (data?.type === "changed" || data?.type === "deleted") void refresh();
  });
  navigator.serviceWorker?.startMessages();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
  setInterval(() => void refresh(), MINUTE);
  void refresh().then(findSilent);
  keepTidy();
}

/** @returns {Promise<Store>} */
function store() {
  opening ??= openStore(SITE_ROOT, () => (opening = undefined));
  opening.catch(() => (opening = undefined));
  return opening;
}

/**
 * Show what is saved now.
 *
 * @returns {Promise<void>} settled when it is shown, even by a reading that another caller began:
 *   a deletion must not end while the page still shows what is gone
 */
function refresh() {
  stale = true;
  refreshing ??= readAndShow();
  return refreshing;
}

async function readAndShow() {
  while (stale) {
    stale = false;
    try {
      // Get both before anything is shown, so that no button moves away from under the pointer.
      [listings] = await Promise.all([store().then(listInstances), showRoom()]);
      list.show(listings, silent);
      byId("empty").hidden = listings.length > 0;
      byId("export-all").hidden = byId("delete-all").hidden = listings.length === 0;
      byId("export-note").hidden = listings.length === 0;
      byId("saved").hidden = false;
    } catch (error) {
      byId("saved").hidden = true;
      work.fail(toWire(error));
    }
  }
  byId("instances").removeAttribute("aria-busy");
  refreshing = undefined;
}

/** Look for workspaces that do not answer, for as long as the page is in view. */
async function findSilent() {
  for (;;) {
    silent = new Set(await silentWorkspaces(PATIENCE));
    list.show(listings, silent);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    if (document.visibilityState !== "visible") await inView();
  }
}

/** @returns {Promise<void>} settled when the page is in view again */
function inView() {
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true });
  });
}

/** @param {Listing[]} chosen */
function exportListings(chosen) {
  const keys = chosen.map(({ instance }) => instance.key);
  const name = namesOfListed(chosen);
  return work.run(`Exporting ${name}`, async (onProgress) => {
    const total = sizeOf(chosen);
    const zip = await exportInstances(await store(), keys, SITE_ROOT, (done) =>
      onProgress(done, total),
    );
    offerDownload(zip, `datasette-lite-${today()}.zip`);
    return `Exported ${name}: ${formatBytes(zip.size)}.`;
  });
}

/** @param {Listing[]} chosen */
function namesOfListed(chosen) {
  return namesOf(
    chosen.map(({ instance }) => instance),
    SITE_ROOT,
  );
}

/** @param {Listing} listing */
async function rename({ instance }) {
  const title = await askForName(instance, SITE_ROOT);
  if (title === undefined) return;
  await work.run("", async () => {
    await askWorker({ type: "rename", key: instance.key, title });
    await refresh();
    return `It is now called “${title}”.`;
  });
}

/** @param {Listing[]} chosen */
async function remove(chosen) {
  const keys = chosen.map(({ instance }) => instance.key);
  const name = namesOfListed(chosen);
  const yes = await askPerson({
    title: chosen.length === 1 ? `Delete ${name}?` : "Delete everything that is saved?",
    body: whatIsLost(chosen).map((sentence) => element("p", {}, sentence)),
    yes: "Delete",
    danger: true,
  });
  if (!yes) return;
  await work.run(`Deleting ${name}`, async () => {
    await deletion.delete(chosen.map(({ instance }) => instance));
    await unregister(keys);
    await refresh();
    return `Deleted ${name}.`;
  });
}

async function undoDeletion() {
  const offer = deletion.take();
  if (!offer) return;
  await work.run("", async () => {
    const back = await undo(offer);
    await refresh();
    return `Undone: ${namesOf(back, SITE_ROOT)} ${back.length === 1 ? "is" : "are"} back.`;
  });
}

/**
 * @param {Listing[]} chosen
 * @returns {string[]} sentences
 */
function whatIsLost(chosen) {
  const found = chosen.flatMap(({ files }) => databasesAmong(files));
  const names = found.map(({ name }) => name);
  const isOfApp = chosen.some(({ files }) => files.some(({ path }) => path.startsWith(APP_CODE)));
  const queries = isOfApp ? "" : ", such as stored queries";
  const databases =
    {
      0: "everything saved of it",
      1: `the database ${names[0]} and everything saved with it`,
    }[names.length] ?? `${names.length} databases and everything saved with them`;
  return [
    `This deletes ${formatBytes(sizeOf(chosen))} from this device: ${databases}${queries}.`,
    ...whatRemains(chosen),
  ];
}

/**
 * @param {Listing[]} chosen
 * @returns {string[]} sentences on what exists elsewhere
 */
function whatRemains(chosen) {
  const changed = chosen.filter(({ instance }) => isChanged(instance));
  if (changed.length > 0) {
    const names = chosen.length === 1 ? "this data" : quotedNames(changed);
    return [`You changed ${names}. Those changes exist nowhere else, unless you exported them.`];
  }
  if (chosen.some(({ instance }) => instance.edited)) {
    return ["The files that you opened stay on your computer. What you pasted exists only here."];
  }
  const it =
    chosen.length === 1 ? "it, so its link can load it" : "them, so their links can load them";
  return [`You have not changed anything in ${it} again from the source.`];
}

/** @param {Listing[]} chosen */
function quotedNames(chosen) {
  return chosen.length === 1 ? `“${namesOfListed(chosen)}”` : namesOfListed(chosen);
}

/** @param {File[]} files */
async function importFiles(files) {
  for (const file of files) {
    await work.run(`Importing ${file.name}`, async (onProgress) => {
      const saved = new Map(listings.map(({ instance }) => [instance.key, instance]));
      const result = await importFile(file, saved, SITE_ROOT, onProgress);
      await refresh();
      if (result === undefined) return "";
      const { imported, leftOut } = result;
      if (imported.length === 0) return "Nothing was imported, and nothing here has changed.";
      return [`Imported ${namesOf(imported, SITE_ROOT)}.`, ...leftOutInWords(leftOut)].join(" ");
    });
  }
}

/** Paths beyond this number are only counted. */
const MOST_PATHS = 5;

/**
 * @param {string[]} paths  of files in an export that were not imported
 * @returns {string[]} sentences
 */
function leftOutInWords(paths) {
  if (paths.length === 0) return [];
  const named = paths.slice(0, MOST_PATHS);
  const more = paths.length - named.length;
  const list = inWords([...named, ...(more > 0 ? [`${more} more`] : [])]);
  return [`Some files were left out, because an import may not contain them: ${list}.`];
}

/** @param {Listing[]} chosen */
function sizeOf(chosen) {
  return chosen.reduce((sum, { instance }) => sum + instance.size, 0);
}

/** @returns {string} the person's local date, as 2026-11-22 */
function today() {
  const now = new Date();
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
