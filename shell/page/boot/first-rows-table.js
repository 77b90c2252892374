/**
 * Draws the first rows of a CSV file. first-rows.js loads this once there is something to draw.
 */

import { readFirstRows } from "./read-first-rows.js";
import { describeAddress } from "../ui/describe-sources.js";
import { element } from "../ui/dom.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/protocol.js").SourceHead} SourceHead */

/** How many columns are shown at most, and how many characters of a value. */
const MOST_COLUMNS = 8;
const MOST_CHARACTERS = 80;

/**
 * @param {SourceHead} head
 * @returns {Promise<HTMLElement[]>} a table, and a sentence on the columns that are left out; nothing if the
 *   rows cannot be shown
 */
export async function firstRowsTable(head) {
  const read = await readFirstRows(head);
  if (!read) return [];
  const { columns, rows } = read;
  const { name } = describeAddress(head.url, SITE_ROOT);
  const shown = columns.slice(0, MOST_COLUMNS);
  const table = element(
    "table",
    {},
    element("caption", {}, element("span", {}, `First rows of ${name}, as they arrive`)),
    element("thead", {}, rowOf("th", shown)),
    element("tbody", {}, ...rows.map((row) => rowOf("td", row.slice(0, MOST_COLUMNS)))),
  );
  const more = columns.length - shown.length;
  if (more === 0) return [table];
  const words = more === 1 ? "and 1 more column" : `and ${more.toLocaleString("en")} more columns`;
  return [table, element("p", { class: "more" }, words)];
}

/**
 * @param {"th" | "td"} tag
 * @param {string[]} values
 */
function rowOf(tag, values) {
  const attributes = { scope: tag === "th" && "col" };
  return element("tr", {}, ...values.map((value) => element(tag, attributes, shortened(value))));
}

/** @param {string} value */
function shortened(value) {
  const text = value.slice(0, 4 * MOST_CHARACTERS).replace(/\s+/g, " ");
  const characters = [...text];
  if (characters.length <= MOST_CHARACTERS) return text;
  return `${characters.slice(0, MOST_CHARACTERS - 1).join("")}…`;
}
