/**
 * On Datasette's query page: keeps the cursor where it was when a query fails, and lists the queries that
 * were run in this workspace before.
 */

import { element } from "../ui/dom.js";
import { forgetQueries, pastQueries, rememberQuery } from "../ui/query-history.js";
import { inRelativeWords } from "../ui/relative-time.js";

/** Where the cursor was when a page was left, in the storage of this tab. */
const CURSOR = "datasette-lite cursor";

/** Characters of a query that the list shows. */
const EXCERPT = 120;

/** @param {string} key  of the workspace */
export function setUpQueryPage(key) {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.sql"));
  if (!document.body.classList.contains("query") || !form) return;
  // Datasette makes its editor then, too, and was here first.
  const ready = () => {
    keepCursor();
    remember(form, key);
    showHistory(form, key);
  };
  if (document.readyState === "complete") ready();
  else document.addEventListener("DOMContentLoaded", ready);
}

function keepCursor() {
  /** @type {any} CodeMirror's view, which Datasette makes */
  const editor = /** @type {any} */ (window).editor;
  if (!editor?.state) return;
  const text = () => editor.state.doc.toString();
  const left = take(CURSOR);
  if (left?.text === text() && document.querySelector("form.sql .message-error")) {
    editor.dispatch({ selection: { anchor: left.anchor, head: left.head }, scrollIntoView: true });
    editor.focus();
  }
  addEventListener("pagehide", () => {
    const { anchor, head } = editor.state.selection.main;
    try {
      sessionStorage.setItem(CURSOR, JSON.stringify({ text: text(), anchor, head }));
    } catch {
      // Storage is full or denied; then the cursor is at the beginning.
    }
  });
}

/** @param {string} name */
function take(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} key
 */
function remember(form, key) {
  const { database, sql } = shown(form);
  const search = new URLSearchParams(location.search);
  if (!search.get("sql") || sql === "" || form.querySelector(".message-error")) return;
  rememberQuery(key, { database, sql, search: `?${search}`, at: Date.now() });
}

/** @param {HTMLFormElement} form */
function shown(form) {
  const sql = new URLSearchParams(location.search).get("sql") ?? "";
  return { database: new URL(form.action).pathname, sql: sql.trim() };
}

/**
 * @param {HTMLFormElement} form
 * @param {string} key
 */
function showHistory(form, key) {
  const { database } = shown(form);
  const past = pastQueries(key).filter((query) => query.database === database);
  if (past.length === 0) return;
  const list = element("ol", {});
  for (const { sql, search, at } of past) {
    const short = sql.replace(/\s+/g, " ").slice(0, EXCERPT);
    const link = element("a", { href: `${database}/-/query${search}`, title: sql }, short);
    list.append(element("li", {}, link, " ", element("small", {}, inRelativeWords(at))));
  }
  const clear = element("button", { type: "button", class: "core" }, "Clear the history");
  const section = element(
    "section",
    { id: "lite-history", "aria-label": "Query history", hidden: true },
    list,
    element("p", {}, clear),
  );
  const toggle = element(
    "button",
    { type: "button", class: "core", "aria-expanded": "false", "aria-controls": "lite-history" },
    "History",
  );
  toggle.addEventListener("click", () => {
    section.hidden = !section.hidden;
    toggle.setAttribute("aria-expanded", String(!section.hidden));
  });
  clear.addEventListener("click", () => {
    forgetQueries(key);
    section.remove();
    toggle.remove();
  });
  // In the row of buttons, so that nothing else moves.
  form.querySelector("input[type=submit]")?.after(" ", toggle);
  form.after(section);
}
