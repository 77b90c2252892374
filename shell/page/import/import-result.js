/**
 * Shows the result of an import that did not go entirely as expected: what there is now, notes on it,
 * and what could not be opened.
 */

import { element, formatAmount } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";

/** @typedef {import("../../shared/protocol.js").AddResult} AddResult */

/**
 * @param {HTMLElement} heading
 * @param {AddResult} result
 * @param {HTMLElement[]} buttons
 * @returns {HTMLElement}
 */
export function importResult(heading, { added, notes, problems }, buttons) {
  heading.textContent =
    added.length === 0
      ? "Nothing was imported"
      : problems.length > 0
        ? "Partly imported"
        : "Imported, with notes";
  const sources = element("ul", { class: "added", "aria-label": "Imported" });
  sources.append(...added.map(addedItem));
  return element(
    "section",
    { class: "result" },
    heading,
    ...(added.length > 0 ? [sources] : []),
    ...notes.map((note) => element("p", { class: "notice" }, note)),
    ...problems.map((problem) =>
      element("section", { class: "problem", "aria-label": "What went wrong" }, ...parts(problem)),
    ),
    element("p", { class: "actions" }, ...buttons),
  );
}

/** @param {AddResult["added"][number]} item */
function addedItem({ database, table, rows }) {
  const name = element("strong", {}, table === null ? database : `${database} / ${table}`);
  const count = table === null ? "" : formatAmount({ done: rows, unit: "rows" }) || "no rows";
  return element("li", {}, name, " ", element("span", { class: "kind" }, count || "Database"));
}

/** @param {import("../../shared/errors.js").WireError} problem */
function parts(problem) {
  const { source, message } = problem;
  const named =
    !source || message.includes(source)
      ? problem
      : { ...problem, message: `${source}: ${message}` };
  return errorParts(named);
}
