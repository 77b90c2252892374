/**
 * The script of the page “Manage data” (plugins/sources.py): loads data from its source again, opens files
 * again and saves data back to them, keeps local copies of databases, copies links, and shows times as people
 * speak of them. Everything else there works without a script.
 */

import { inOneLine, LiteError } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { launcherLink, recipeOf } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "../worker/ask-worker.js";
import { askInModal } from "./datasette-modal.js";
import { byId, element } from "../ui/dom.js";
import { showSettled } from "./settling.js";
import { leaveOutcome } from "./carried-message.js";
import { keepCopy } from "./keep-copy.js";
import { hasChanged, maySaveBack, openAgain, saveBack } from "./local-files.js";
import { keptHandle } from "../import/file-handles.js";
import { inRelativeWords } from "../ui/relative-time.js";

const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });

const IMPORTED =
  "You imported this workspace from a file. The sources below are only what that file claims: nothing " +
  "is fetched from them unless you load them again.";

const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";

for (const time of document.querySelectorAll("time")) {
  const moment = Date.parse(time.dateTime);
  time.title = EXACT.format(moment);
  time.textContent = inRelativeWords(moment);
}

for (const button of buttons("[data-lite-reload]")) {
  button.addEventListener("click", () => void reload(button));
}

for (const button of buttons("[data-lite-keep-copy]")) {
  button.addEventListener("click", () => void keepLocally(button));
}

for (const button of buttons("[data-lite-link]")) {
  button.addEventListener("click", () => void copyLink(button));
}

void Promise.all([
  askWorker({ type: "status", key }).then(
    (status) => status?.isImported && byId("lite-outcome").after(element("p", {}, IMPORTED)),
    () => {}, // the page itself is fine
  ),
  ...[...buttons("[data-lite-again]")].map(setUpLocal),
]).then(showSettled);

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLButtonElement>}
 */
function buttons(selector) {
  return document.querySelectorAll(selector);
}

/**
 * Load a source again; ask first if that may throw away changes.
 *
 * @param {HTMLButtonElement} button
 */
async function reload(button) {
  const { liteReload = "", name = "" } = button.dataset;
  const revert = "edited" in button.dataset;
  if (revert && !(await mayRevert(name))) return;
  await busy(button, "Loading…", `${name} could not be loaded again.`, async () => {
    /** @type {import("../../shared/protocol.js").ReloadResult} */
    const { changed } = await askWorker({ type: "reload", key, source: liteReload, revert });
    if (!changed) {
      say("info", `${name} is already up to date, so nothing was loaded.`);
      return;
    }
    leaveOutcome(`${name} was loaded again from its source.`);
    location.reload();
  });
}

/**
 * Let a file on this device be opened again, and saved back to if the browser has its handle.
 *
 * @param {HTMLButtonElement} button
 */
async function setUpLocal(button) {
  const { liteAgain = "", addition = "", file = "", name = "" } = button.dataset;
  const local = { source: liteAgain, addition, file, key };
  const keeping = keptHandle(addition);
  button.addEventListener("click", async () => {
    if ("edited" in button.dataset && !(await mayOpenAgain(file, name))) return;
    await busy(button, "Opening…", `${name} could not be opened again.`, async () => {
      const opened = await openAgain(local, (await keeping)?.handle);
      if (opened === "") return;
      leaveOutcome(`${name} was opened again from ${opened}.`);
      location.reload();
    });
  });
  const kept = await keeping;
  if (!kept) return;
  /** @type {HTMLButtonElement | null | undefined} */
  const back = button.closest("ul")?.querySelector("[data-lite-back]");
  if (back) setUpBack(back, local, kept.handle);
  if (await hasChanged(kept)) label(button, "Changed on disk: reload", name);
}

/**
 * @param {HTMLButtonElement} button
 * @param {import("./local-files.js").Local} local
 * @param {FileSystemFileHandle} handle
 */
function setUpBack(button, local, handle) {
  const { liteBack = "", name = "" } = button.dataset;
  button.addEventListener("click", async () => {
    if (!(await maySaveBack(local.file, name))) return;
    await busy(button, "Saving…", `${local.file} could not be saved.`, async () => {
      await saveBack(local, handle, liteBack);
      leaveOutcome(`${name} was saved back to ${local.file}.`);
      location.reload();
    });
  });
  button.closest("li")?.removeAttribute("hidden");
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} text
 * @param {string} name  of what it is about
 */
function label(button, text, name) {
  button.textContent = text;
  button.setAttribute("aria-label", `${text}: ${name}`);
}

/**
 * Do something that takes a moment, and say if it fails.
 *
 * @param {HTMLButtonElement} button
 * @param {string} label  of the button meanwhile
 * @param {string} failed  a sentence
 * @param {() => Promise<void>} work
 */
async function busy(button, label, failed, work) {
  const before = button.textContent ?? "";
  button.disabled = true;
  button.textContent = label;
  try {
    await work();
  } catch (error) {
    sayFailed(failed, error);
  } finally {
    button.disabled = false;
    button.textContent = before;
  }
}

/**
 * Ask how much may be downloaded, then keep a local copy of a database.
 *
 * @param {HTMLButtonElement} button
 */
async function keepLocally(button) {
  const { liteKeepCopy: name = "", size = "" } = button.dataset;
  const isWanted = await askInModal({
    title: "Keep a local copy?",
    body: [
      `This downloads all of ${name}, ${size}, into this browser. `,
      "After that, it opens without a network, and can be downloaded and exported.",
    ],
    yes: "Download",
  });
  if (!isWanted) return;
  button.disabled = true;
  try {
    await keepCopy(key, name, byId("lite-outcome"));
    leaveOutcome(`All of ${name} is on this device now, so it also works offline.`);
    location.reload();
  } catch (error) {
    button.disabled = false;
    button.focus();
    if (error instanceof LiteError && error.name === "Cancelled") {
      say("info", `The download of ${name} was cancelled. Everything is as it was before.`);
      return;
    }
    sayFailed(`No local copy of ${name} was made.`, error);
  }
}

/**
 * Ask whether what was changed here may be lost.
 *
 * @param {string} title
 * @param {string} replacing  what replaces what, as the beginning of a sentence
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
function mayLoseChanges(title, replacing, yes) {
  return askInModal({
    title,
    body: [
      "Data has been changed here since it was loaded. ",
      `${replacing}, and your changes to it are lost.`,
    ],
    yes,
  });
}

/**
 * @param {string} file
 * @param {string} name  of what was made from it
 */
function mayOpenAgain(file, name) {
  const replacing = `What the file has now replaces “${name}”`;
  return mayLoseChanges(`Open ${file} again?`, replacing, "Replace my changes");
}

/** @param {string} name */
function mayRevert(name) {
  const replacing = `What the source has now replaces ${name}`;
  return mayLoseChanges("Revert to the source?", replacing, "Revert to source");
}

/** @param {HTMLButtonElement} button */
async function copyLink(button) {
  const { path, ...source } = JSON.parse(button.dataset.liteLink ?? "");
  // The site's own files are named without the site's address.
  source.value = source.value.replace(SITE_ROOT.href, "");
  const link = launcherLink(recipeOf([source]), path, SITE_ROOT);
  try {
    await navigator.clipboard.writeText(link);
    say("info", "Link copied. Anyone who opens it loads this data from its source.");
  } catch {
    // Not allowed, or not offered: the person can copy it by hand.
    const field = element("input", { type: "text", readonly: true, value: link });
    say("info", element("label", { class: "core" }, "Copy this link: ", field));
    field.select();
  }
}

/**
 * @param {string} failed  a sentence
 * @param {unknown} error  why
 */
function sayFailed(failed, error) {
  const why = error instanceof LiteError ? error : { message: String(error) };
  say("error", `${failed} ${inOneLine(why)}`);
}

/**
 * @param {"info" | "error"} kind
 * @param {string | HTMLElement} content
 */
function say(kind, content) {
  byId("lite-outcome").replaceChildren(element("p", { class: `message-${kind}` }, content));
}
