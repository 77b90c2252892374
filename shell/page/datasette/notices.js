/**
 * Shows people on a page of Datasette what they should know about its data: that some of it could not be
 * opened, that nothing is saved, that there is newer data, that another tab has changed or deleted it.
 *
 * Every page of Datasette runs this (plugins/page_script.py). It draws into a shadow root, so that the
 * page's styles and its own do not affect each other.
 */

import { inOneLine } from "../../shared/errors.js";
import { instancePath, parseAppPath } from "../../shared/paths.js";
import { launcherLink, keyToRecipe } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "../worker/ask-worker.js";
import { describeAddress } from "../ui/describe-sources.js";
import { element } from "../ui/dom.js";
import { neverLetGo } from "../worker/keep-alive.js";
import { takeOutcome } from "./carried-message.js";
import { unresponsiveAddress, watchAnswers } from "../worker/responsiveness.js";
import { onRestart } from "../worker/restart.js";
import { shadowWith, whenStyled } from "../ui/shadow.js";

/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../../shared/protocol.js").RunningStatus} Status */
/** @typedef {import("../../shared/protocol.js").WorkerMessage} WorkerMessage */

/** Start watching; does nothing on a page that no worker of this site answered. */
export function startNotices() {
  const address = parseAppPath(location.pathname, SITE_ROOT.pathname);
  if (!address || !navigator.serviceWorker?.controller) return;
  const { key } = address;
  const container = navigator.serviceWorker;
  container.addEventListener("message", (/** @type {MessageEvent<WorkerMessage>} */ { data }) => {
    if (data.type === "changed" && data.key === key) sayChanged();
    else if (data.type === "deleted" && data.keys.includes(key)) sayDeleted();
    else if (data.type === "evicted") void sayEvicted(data.key);
  });
  container.startMessages();
  sayOutcome();
  watchAnswers(key, { onSilent: () => saySilent(key), onAnswer: () => withdraw(SILENT) });
  onRestart(key, () => location.replace(`${unresponsiveAddress(key, placeOf(key))}&restarting`));
  askWorker({ type: "status", key }).then(
    (status) => status?.state === "ready" && sayStatus(key, status),
    () => {}, // the page itself is fine
  );
}

/**
 * @param {string} key
 * @param {Status} status
 */
function sayStatus(key, status) {
  const { saving, reason, edited, newer, problems, notes, isImported, evicted = [] } = status;
  if (saving !== "saved") neverLetGo();
  for (const other of evicted) void sayEvicted(other);
  for (const problem of problems) sayProblem(key, problem);
  sayNotes(key, notes);
  if (isImported) {
    notify(
      "imported",
      "You imported this workspace from a file. Only that file says where its data came from.",
      dismissed(`imported ${key}`),
    );
  }
  if (saving === "temporary") {
    notify(
      "temporary",
      "Nothing you change here is saved, because the link says so.",
      dismissed(`temporary ${key}`),
    );
  } else if (saving === "unsaved") {
    const why = [reason?.message, reason?.hint].filter(Boolean).join(" ");
    notify("unsaved", `Nothing you change here is saved. ${why}`, dismissed(`unsaved ${key}`));
  } else if (edited) void keepStored();
  if (newer.length > 0) {
    const link = launcherLink(key === "" ? [] : keyToRecipe(key), placeOf(key), SITE_ROOT);
    notify("newer", "There is newer data at the source.", {
      ...dismissed(`newer ${key} ${newer}`),
      action: ["Choose what to do", () => location.assign(link)],
    });
  }
}

/**
 * Show one notice for each source, since a file may have several notes.
 *
 * @param {string} key
 * @param {import("../../shared/protocol.js").Note[]} notes
 */
function sayNotes(key, notes) {
  for (const source of new Set(notes.map((note) => note.source))) {
    const messages = notes.filter((note) => note.source === source).map(({ message }) => message);
    const { name } = describeAddress(source, SITE_ROOT);
    const text = `${name}: ${messages.join(" ")}`;
    notify(`notes ${source}`, text, dismissed(`notes ${key} ${text}`));
  }
}

/**
 * @param {string} key
 * @param {WireError} problem
 */
function sayProblem(key, problem) {
  const { name, message, source = "" } = problem;
  const action = actionFor(name, key);
  const sentences = inOneLine(problem);
  const isOfCode = ["NotAllowed", "Locked", "PluginError", "PluginsStuck"].includes(name);
  notify(
    `problem ${source} ${message}`,
    isOfCode ? sentences : `Not everything could be opened. ${sentences}`,
    { ...dismissed(`problem ${key} ${source} ${message}`), ...(action ? { action } : {}) },
  );
}

/**
 * Offer what can be done about a problem with code, on a page of its own.
 *
 * @param {string} name  of the error
 * @param {string} key
 * @returns {NoticeOptions["action"]}
 */
function actionFor(name, key) {
  if (name === "NotAllowed") return ["Decide again", () => void decideAgain(key)];
  // This asks about the plugins again too: starting with them made the browser stop, twice.
  if (name === "PluginsStuck") return ["Try again", () => void decideAgain(key)];
  const plugins = `${SITE_ROOT.href}${instancePath(key)}-/install`;
  if (name !== "PluginError" || location.href.startsWith(plugins)) return undefined;
  const back = encodeURIComponent(location.pathname + location.search);
  return ["Plugins", () => location.assign(`${plugins}?back=${back}`)];
}

/** @param {string} key */
async function decideAgain(key) {
  await askWorker({ type: "consent", key, allow: null });
  location.reload();
}

/** Say what the page before this one has done, in this page's place for it or else as a notice. */
function sayOutcome() {
  const outcome = takeOutcome();
  if (outcome === "") return;
  const place = document.getElementById("lite-outcome");
  if (place) place.replaceChildren(element("p", { class: "message-info" }, outcome));
  else notify("outcome", outcome, {});
}

/**
 * @param {string} key
 * @returns {string} the place of this page in the instance
 */
function placeOf(key) {
  const path = parseAppPath(location.pathname, SITE_ROOT.pathname)?.path ?? "";
  // The launcher opens what the site ships only at a place.
  return path + location.search || (key === "" ? "./" : "");
}

/** Id of the notice that the workspace does not answer. */
const SILENT = "silent";

/** @param {string} key */
function saySilent(key) {
  if (isShown(SILENT)) return;
  notify(SILENT, "This workspace does not answer. It may be busy with something large, or hang.", {
    action: ["See what you can do", () => location.assign(unresponsiveAddress(key, placeOf(key)))],
  });
}

function sayChanged() {
  notify("changed", "This data was changed in another tab.", {
    action: ["Show it", () => location.reload()],
  });
}

function sayDeleted() {
  // What they say of the data, or offer to do with it, is void.
  for (const id of [...shownOnce]) if (!id.startsWith(EVICTED)) withdraw(id);
  notify(
    "deleted",
    "This data was deleted from this browser. What this page shows is no longer saved. Load it again to " +
      "open the data from its source.",
    { action: ["Load it again", () => location.reload()] },
  );
}

/** What the ids of notices about other workspaces begin with. */
const EVICTED = "evicted ";

/** @param {string} key  of the workspace that was deleted to make room */
async function sayEvicted(key) {
  // Seldom needed, so it is loaded only now.
  const { nameOf } = await import("../ui/workspace-name.js");
  const id = EVICTED + key;
  notify(
    id,
    `The browser ran out of space, so the saved copy of another workspace was deleted: ` +
      `${nameOf({ key }, SITE_ROOT)}. Nobody had changed it, and its link loads it again.`,
    dismissed(id),
  );
}

/** People who made changes want them kept when space runs short: ask the browser for that, once. */
async function keepStored() {
  const asked = "datasette-lite asked to keep data";
  try {
    if (localStorage.getItem(asked) || (await navigator.storage.persisted())) return;
    localStorage.setItem(asked, "1");
    await navigator.storage.persist();
  } catch {
    // Not offered here; the page “Saved data” shows whether data may be cleared.
  }
}

/**
 * @typedef {object} NoticeOptions
 * @property {[label: string, act: () => void]} [action]
 * @property {() => boolean} [isDismissed]  whether the person has closed this notice before
 * @property {() => void} [dismiss]         called when they close it
 */

/**
 * Options of a notice that stays closed for as long as the tab is open.
 *
 * @param {string} about
 * @returns {NoticeOptions}
 */
function dismissed(about) {
  const name = `datasette-lite dismissed ${about}`;
  return {
    isDismissed: () => sessionStorage.getItem(name) !== null,
    dismiss: () => sessionStorage.setItem(name, "1"),
  };
}

/** @type {Promise<HTMLElement> | undefined} */
let list;

/** ms that the stylesheet may take to load. */
const STYLE_PATIENCE = 2000;

/** The style of a list whose stylesheet has not loaded. */
const PLAIN_STYLE = {
  position: "fixed",
  right: "1rem",
  bottom: "1rem",
  zIndex: "10000",
  margin: "0",
  padding: "1rem",
  border: "1px solid",
  background: "#fff",
  color: "#111a35",
  listStyle: "none",
};

/** @type {Set<string>} ids of the notices that are shown, or closed by the person */
const shownOnce = new Set();

/** @param {string} id */
function isShown(id) {
  return shownOnce.has(id);
}

/** @param {string} id  of a notice that is no longer true */
export function withdraw(id) {
  if (!shownOnce.delete(id)) return;
  void list?.then((shown) => shown.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove());
}

/**
 * @param {string} id  a notice with the same one is replaced
 * @param {string} text
 * @param {NoticeOptions} options
 */
export function notify(id, text, { action, isDismissed, dismiss }) {
  if (isDismissed?.()) return;
  shownOnce.add(id);
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
  const item = element("li", { "data-id": id }, element("span", {}, text));
  close.addEventListener("click", () => {
    dismiss?.();
    item.remove();
  });
  if (action) {
    const button = element("button", { type: "button" }, action[0]);
    button.addEventListener("click", action[1]);
    item.append(button);
  }
  item.append(close);
  list ??= makeList();
  void list.then((shown) => {
    shown.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
    shown.append(item);
  });
}

/**
 * @returns {Promise<HTMLElement>} settled when it has its style: without it, notices would appear below
 *   the page and then jump away from under the pointer
 */
async function makeList() {
  const host = element("div");
  const root = shadowWith(host, ["notices.css"]);
  const name = "About this data";
  const made = element("ul", { "aria-label": name });
  // A list that is a status is no list to a screen reader.
  root.append(element("div", { role: "status", "aria-label": name }, made));
  document.body.append(host);
  const styled = whenStyled(root).then(() => true);
  const late = new Promise((resolve) => setTimeout(resolve, STYLE_PATIENCE, false));
  // A worker that hangs serves no stylesheet either, and then a notice is needed.
  if (!(await Promise.race([styled, late]))) {
    Object.assign(made.style, PLAIN_STYLE);
    void styled.then(() => made.removeAttribute("style"));
  }
  return made;
}
