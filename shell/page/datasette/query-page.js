/**
 * On Datasette's query page: lists the queries that were run in this workspace before, and keeps the cursor
 * where it was.
 */

import { element } from "../ui/dom.js";
import { forgetQueries, pastQueries, rememberQuery } from "../ui/query-history.js";
import { inRelativeWords } from "../ui/relative-time.js";
import { keepCursor } from "./sql-cursor.js";

/** Characters of a query that the list shows. */
const EXCERPT = 120;

/** @param {string} key  of the workspace */
export function setUpQueryPage(key) {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.sql"));
  if (form) keepCursor(form);
  if (!document.body.classList.contains("query") || !form) return;
  remember(form, key);
  showHistory(form, key);
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
  const clear = plainButton("Clear the history");
  const section = element(
    "section",
    { id: "lite-history", "aria-label": "Query history", hidden: true },
    list,
    element("p", {}, clear),
  );
  const toggle = plainButton("History");
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", "lite-history");
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

/**
 * @param {string} label
 * @returns {HTMLButtonElement} like Datasette's own buttons of little weight, in a blue that can be read
 */
function plainButton(label) {
  const button = element("button", { type: "button", class: "core" }, label);
  button.style.color = button.style.borderColor = "light-dark(#0059b8, #6aa9f0)";
  return button;
}
