/**
 * Offers to undo the last edit of rows (plugins/row_edits.py), right after it and on the page that it leads
 * to.
 *
 * Datasette's own scripts send the edits, so this watches for their requests.
 */

import { instancePath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askForJson } from "./ask-for-json.js";
import { leaveOutcome } from "./carried-message.js";
import { notify, withdraw } from "./notices.js";

/** @typedef {{id: string, words: string}} Edit */

const EDIT = /\/-\/(insert|upsert|update|delete)$/;

const NOTICE = "undo";

/** Time of the last edit in this tab, in the session's storage. */
const EDITED = "datasette-lite edited rows";

/** ms after an edit for which a page that loads still offers to undo it. */
const RECENT = 180_000;

/** The edit that was offered last, and how. */
let offered = "";

/** @param {string} key  of the workspace */
export function offerUndo(key) {
  new PerformanceObserver((list) => {
    const edits = list.getEntries().filter(({ name }) => EDIT.test(new URL(name).pathname));
    if (edits.length === 0) return;
    remember(String(Date.now()));
    void offer(key);
  }).observe({ type: "resource" });
  // The page may be the one that an edit has led to, with Datasette's message on it.
  const isRecent = Date.now() - Number(remembered()) < RECENT;
  if (isRecent || document.querySelector(".message-info")) void offer(key);
}

/** @param {string} key */
async function offer(key) {
  /** @type {{edit?: Edit | null}} */
  const { edit } = await askForJson(address(key, "last.json"));
  const shown = edit ? `${edit.id} ${edit.words}` : "";
  if (!edit || shown === offered) return;
  offered = shown;
  notify(NOTICE, edit.words, {
    action: ["Undo", () => void undo(key, edit)],
    dismiss: () => remember(""),
  });
}

/**
 * @param {string} key
 * @param {Edit} edit
 */
async function undo(key, edit) {
  withdraw(NOTICE);
  remember("");
  /** @type {{error?: string}} */
  const { error } = await askForJson(address(key, "undo"), { id: edit.id });
  if (error) return notify(NOTICE, error, {});
  leaveOutcome(`Undone: ${edit.words}`);
  location.reload();
}

/**
 * @param {string} key
 * @param {string} what
 */
function address(key, what) {
  return `${SITE_ROOT.href}${instancePath(key)}-/row-edits/${what}`;
}

/** @param {string} time  ms since 1970; "" forgets it */
function remember(time) {
  try {
    sessionStorage.setItem(EDITED, time);
  } catch {
    // Without storage, only this page offers it.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(EDITED) ?? "";
  } catch {
    return "";
  }
}
