/**
 * Shows the first rows of a table before its import, with the choices for each column above it.
 */

import { element } from "../ui/dom.js";
import { checkbox, selectOf } from "../ui/form-fields.js";

/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */
/** @typedef {import("../../shared/protocol.js").PreviewColumn} PreviewColumn */
/** @typedef {import("./import-choices.js").TableChoices} TableChoices */

const TYPES = /** @type {const} */ ([
  ["text", "Text"],
  ["integer", "Integer"],
  ["float", "Decimal"],
]);

/** @type {Record<string, string>} */
const IN_WORDS = { integer: "an integer", float: "a number" };

const EXPLANATION =
  "Untick a column to leave it out. Key columns identify rows; search columns get a full-text index. " +
  "Rows that do not fit are kept in a separate table.";

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @param {boolean} typed  whether the file itself gives the types of columns
 * @returns {HTMLElement}
 */
export function columnsPreview(table, choices, typed) {
  const warning = element("p", { class: "hint", role: "status" });
  const body = element("tbody", {}, ...table.rows.map((row) => rowOf(row)));
  const say = () => {
    warning.replaceChildren(...doubts(table, choices).map((doubt) => element("span", {}, doubt)));
    [...body.rows].forEach((row, rowIndex) => {
      table.columns.forEach(({ name, type }, index) => {
        const cell = row.cells[index];
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
  const head = table.columns.map((column) => headOf(column, choices, typed, say));
  say();
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
        element("caption", {}, captionOf(table)),
        element("thead", {}, element("tr", {}, ...head)),
        body,
      ),
    ),
    warning,
    element("p", { class: "hint" }, EXPLANATION),
  );
}

/**
 * @param {PreviewColumn} column
 * @param {TableChoices} choices
 * @param {boolean} typed
 * @param {() => void} onChange
 */
function headOf({ name, type }, choices, typed, onChange) {
  /** @param {Set<string>} chosen */
  const member = (chosen) => (/** @type {boolean} */ checked) => {
    if (checked) chosen.add(name);
    else chosen.delete(name);
    onChange();
  };
  const keep = element("input", {
    type: "checkbox",
    checked: !choices.drop.has(name),
    "aria-label": `${name}: import`,
  });
  const kind = typed
    ? element("span", { class: "type" }, type)
    : selectOf(choices.types.get(name) ?? type, TYPES, (value) => {
        if (value === type) choices.types.delete(name);
        else choices.types.set(name, value);
        onChange();
      });
  if (!typed) kind.setAttribute("aria-label", `Type of ${name}`);
  const roles = element(
    "div",
    { class: "roles" },
    checkbox("Key", choices.pk.has(name), member(choices.pk), name),
    checkbox("Search", choices.fts.has(name), member(choices.fts), name),
  );
  const settings = element("fieldset", { disabled: choices.drop.has(name) }, kind, roles);
  settings.setAttribute("aria-label", name);
  keep.addEventListener("change", () => {
    settings.disabled = !keep.checked;
    member(choices.drop)(!keep.checked);
  });
  const title = element("label", { class: "name" }, keep, element("span", {}, name));
  return element("th", { scope: "col" }, title, settings);
}

/** @param {any[]} row */
function rowOf(row) {
  return element("tr", {}, ...row.map((value) => element("td", {}, ...cellOf(value))));
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
  if (rows.length === 0) return "No rows";
  const shown = rows.length.toLocaleString("en");
  if (count === null || count === undefined) return `First ${shown} rows`;
  if (count === rows.length) return count === 1 ? "1 row" : `All ${shown} rows`;
  return `First ${shown} of ${count.toLocaleString("en")} rows`;
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
      `“${name}”: ${fitting.toLocaleString("en")} of ${of} values are ${kind}. ` +
        "Rows with other values go into a separate table.",
    ];
  });
  const aboutKey = doubtAboutKey(table, choices);
  return aboutKey === "" ? aboutTypes : [aboutKey, ...aboutTypes];
}

/**
 * @param {PreviewTable} table
 * @param {TableChoices} choices
 * @returns {string}
 */
function doubtAboutKey({ columns }, { pk, drop }) {
  const key = columns.filter(({ name }) => pk.has(name) && !drop.has(name));
  if (key.length !== 1 || key[0].distinct) return "";
  return `“${key[0].name}” has the same value in several rows, so it cannot identify them by itself.`;
}
