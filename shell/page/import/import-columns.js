/**
 * Shows the first rows of a table before its import, with the choices for each column above it. The number
 * of a line (in a spreadsheet, of a row) makes it the header, unless the file itself says what the header is.
 */

import { element } from "../ui/dom.js";
import { newName } from "./import-choices.js";
import { columnHead } from "./import-column-head.js";
import { sameNames } from "./same-names.js";

/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */
/** @typedef {import("./import-choices.js").TableChoices} TableChoices */

/** @type {Record<string, string>} */
const IN_WORDS = { integer: "an integer", float: "a number" };

const EXPLANATION =
  "Untick a column to leave it out. Key columns identify rows; search columns get a full-text index. " +
  "Rows that do not fit are kept in a separate table.";

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @param {object} how
 * @param {boolean} how.typed  whether the file itself gives the types of columns
 * @param {"line" | "row"} how.unit  what the numbers at the left count
 * @param {(skiprows: number) => void} how.onHeader  called with how many rows are above the one to be the
 *   header
 * @returns {HTMLElement}
 */
export function columnsPreview(table, choices, { typed, unit, onHeader }) {
  const { above = [], starts = [] } = table;
  const warning = element("p", { class: "hint", role: "status" });
  const hasPicks = starts.length > 0;
  const pick = (/** @type {number | undefined} */ skiprows) =>
    skiprows === undefined ? [] : [numberCell(skiprows, unit, onHeader)];
  const body = element(
    "tbody",
    {},
    ...table.rows.map((row, index) => element("tr", {}, ...pick(starts[index]), ...cells(row))),
  );
  const say = () => {
    warning.replaceChildren(...doubts(table, choices).map((doubt) => element("span", {}, doubt)));
    [...body.rows].forEach((row, rowIndex) => {
      const shown = row.querySelectorAll("td");
      table.columns.forEach(({ name, type }, index) => {
        const cell = shown[index];
        if (!cell) return;
        const wanted = choices.types.get(name) ?? type;
        const isLeftOut = choices.drop.has(name);
        const isMisfit = !isLeftOut && (table.misfits[rowIndex]?.[index] ?? []).includes(wanted);
        cell.classList.toggle("left-out", isLeftOut);
        cell.classList.toggle("number", wanted !== "text");
        cell.classList.toggle("misfit", isMisfit);
        cell.title = isMisfit ? `Not ${IN_WORDS[wanted]}` : "";
      });
    });
  };
  const head = table.columns.map((column) => columnHead(column, choices, typed, say));
  say();
  const width = String(Math.max(1, table.columns.length));
  return element(
    "div",
    { class: "columns" },
    element(
      "div",
      // It may be wider than the dialog, and must be scrollable with the keyboard too.
      { class: "scroll", role: "region", tabindex: "0", "aria-label": `Preview of ${table.name}` },
      element(
        "table",
        {},
        element(
          "caption",
          {},
          captionOf(table),
          ...(hasPicks ? [` Click a ${unit} number to make that ${unit} the header.`] : []),
        ),
        element(
          "thead",
          {},
          ...above.map(({ skiprows, text }) =>
            element(
              "tr",
              { class: "above" },
              numberCell(skiprows, unit, onHeader),
              element("td", { colspan: width }, text),
            ),
          ),
          element("tr", {}, ...(hasPicks ? [numberHead(unit)] : []), ...head),
        ),
        body,
      ),
    ),
    warning,
    element("p", { class: "hint" }, EXPLANATION),
  );
}

/** @param {"line" | "row"} unit */
function numberHead(unit) {
  return element("th", { class: "row-number", scope: "col" }, unit === "line" ? "Line" : "Row");
}

/**
 * @param {number} skiprows
 * @param {"line" | "row"} unit
 * @param {(skiprows: number) => void} onHeader
 */
function numberCell(skiprows, unit, onHeader) {
  const words = `Use ${unit} ${skiprows + 1} as the header`;
  const button = element(
    "button",
    { type: "button", "aria-label": words, title: words },
    String(skiprows + 1),
  );
  button.addEventListener("click", () => onHeader(skiprows));
  return element("th", { class: "row-number", scope: "row" }, button);
}

/** @param {any[]} row */
function cells(row) {
  return row.map((value) => element("td", {}, ...cellOf(value)));
}

/**
 * @param {any} value
 * @returns {Array<Node | string>}
 */
function cellOf(value) {
  if (value === null) return [element("i", {}, "null")];
  if (typeof value !== "object") return [String(value)];
  return [value.$base64 ? element("i", {}, "binary") : JSON.stringify(value)];
}

/** @param {PreviewTable} table */
function captionOf({ rows, count }) {
  if (rows.length === 0) return "No rows.";
  const shown = rows.length.toLocaleString("en");
  if (count === null || count === undefined) return `First ${shown} rows.`;
  if (count === rows.length) return count === 1 ? "1 row." : `All ${shown} rows.`;
  return `First ${shown} of ${count.toLocaleString("en")} rows.`;
}

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @returns {string[]} sentences on what will not go as chosen
 */
function doubts(table, choices) {
  const { columns, count } = table;
  const aboutTypes = columns.flatMap(({ name, fits }) => {
    const wanted = choices.types.get(name);
    if ((wanted !== "integer" && wanted !== "float") || choices.drop.has(name)) return [];
    const { values, [wanted]: fitting } = fits;
    if (fitting === values) return [];
    // The preview looks at the beginning of large files only.
    const of = `${count === null ? "the first " : ""}${values.toLocaleString("en")}`;
    const kind = wanted === "integer" ? "integers" : "numbers";
    return [
      `“${newName(choices, name)}”: ${fitting.toLocaleString("en")} of ${of} values are ` +
        `${kind}. Rows with other values go into a separate table.`,
    ];
  });
  return [...doubtsAboutKey(table, choices), ...doubtsAboutNames(table, choices), ...aboutTypes];
}

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @returns {string[]}
 */
function doubtsAboutKey({ columns }, choices) {
  const { pk, drop } = choices;
  const key = columns.filter(({ name }) => pk.has(name) && !drop.has(name));
  if (key.length !== 1 || key[0].distinct) return [];
  const name = newName(choices, key[0].name);
  return [`“${name}” has the same value in several rows, so it cannot identify them by itself.`];
}

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @returns {string[]}
 */
function doubtsAboutNames({ columns }, choices) {
  const names = columns
    .filter(({ name }) => !choices.drop.has(name))
    .map(({ name }) => newName(choices, name));
  return sameNames(names).map(({ name, count }) =>
    count === 2
      ? `Two columns are called “${name}”. The second one gets a number after its name.`
      : `${count} columns are called “${name}”. All but the first get a number after their names.`,
  );
}
