/**
 * Shows the choices for one file before its import: what its tables are called, how to read it, and
 * what its columns are.
 *
 * Draws a preview and writes into FileChoices; the dialog asks for another preview.
 */

import { choice } from "../ui/ask-person.js";
import { element, formatAmount } from "../ui/dom.js";
import { checkbox, countField, textField } from "../ui/form-fields.js";
import { columnsPreview } from "./import-columns.js";
import { findings } from "./import-findings.js";
import { mainFields, moreFields } from "./import-reading.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */
/** @typedef {import("./import-choices.js").FileChoices} FileChoices */
/** @typedef {import("./import-choices.js").TableChoices} TableChoices */
/** @typedef {import("./import-choices.js").Exists} Exists */

/** Kinds whose rows above the header can be chosen. */
const WITH_HEADER = ["csv", "excel"];

/** Kinds of files that give the types of columns. */
const TYPED = ["parquet"];

export class FileOptions {
  /** @type {Map<string, TableOptions>} */
  #tables = new Map();

  /**
   * @param {Preview} preview
   * @param {FileChoices} choices
   * @param {() => void} onReread  called after a choice that changes the preview
   */
  constructor(preview, choices, onReread) {
    this.node = element("div", { class: "options" });
    if (preview.kind === "sqlite") {
      this.#tables.set("", new TableOptions(preview, undefined, choices, onReread));
    }
    for (const table of preview.tables) {
      this.#tables.set(table.source, new TableOptions(preview, table, choices, onReread));
    }
    const parts = [...this.#tables].map(([source, { node }]) =>
      this.#tables.size === 1 ? node : sheet(source, preview, node, choices.table(source)),
    );
    this.node.append(...parts, ...contentsOf(preview));
  }

  /** @param {Preview} preview  of the same file, read with the current choices */
  update(preview) {
    for (const [source, options] of this.#tables) {
      const table = preview.tables.find((candidate) => candidate.source === source);
      options.update(preview, table);
    }
  }
}

class TableOptions {
  /**
   * @param {Preview} preview
   * @param {PreviewTable | undefined} table  undefined for a SQLite file
   * @param {FileChoices} file
   * @param {() => void} onReread
   */
  constructor(preview, table, file, onReread) {
    const choices = file.table(table?.source ?? "");
    /** @type {<T>(assign: (value: T) => void) => (value: T) => void} */
    const reread = (assign) => (value) => {
      assign(value);
      onReread();
    };
    this.choices = choices;
    this.suggested = table?.name ?? preview.database;
    const name = textField(
      table ? "Table" : "Database",
      this.suggested,
      reread((value) => (choices.name = value === this.suggested ? "" : value)),
    );
    this.taken = element("div", { class: "taken", "aria-live": "polite" });
    this.findings = element("div", { class: "findings" });
    this.columns = element("div");
    this.node = element(
      "div",
      { class: "table" },
      element(
        "div",
        { class: "fields" },
        name,
        ...(preview.kind === "csv" ? mainFields(preview, file, reread) : []),
        ...(WITH_HEADER.includes(preview.kind) ? headerFields(preview, choices, reread) : []),
      ),
      ...(preview.kind === "csv" ? [moreFields(preview, file, reread)] : []),
      this.taken,
      this.findings,
      this.columns,
    );
    this.update(preview, table);
  }

  /**
   * @param {Preview} preview
   * @param {PreviewTable | undefined} table
   */
  update(preview, table) {
    const name = this.choices.name || this.suggested;
    const taken = (table ?? preview).taken ?? false;
    if (!taken) this.taken.replaceChildren();
    else if (this.taken.dataset.name !== name) {
      this.taken.replaceChildren(takenQuestion(table ? "table" : "database", name, this.choices));
    }
    this.taken.dataset.name = taken ? name : "";
    this.findings.replaceChildren(...findings(preview, table));
    if (table) {
      this.columns.replaceChildren(
        columnsPreview(table, this.choices, TYPED.includes(preview.kind)),
      );
    }
  }
}

/**
 * @param {Preview} preview
 * @param {TableChoices} choices
 * @param {<T>(assign: (value: T) => void) => (value: T) => void} reread
 */
function headerFields({ kind, header = true, skiprows = 0 }, choices, reread) {
  return [
    countField(
      kind === "csv" ? "Skip lines" : "Skip rows",
      skiprows,
      reread((value) => (choices.skiprows = value)),
    ),
    checkbox(
      "First row is the header",
      header,
      reread((value) => (choices.header = value)),
    ),
  ];
}

/**
 * @param {"table" | "database"} what
 * @param {string} name
 * @param {TableChoices} choices
 */
function takenQuestion(what, name, choices) {
  /** @type {Array<{value: Exists, label: string, detail: string}>} */
  const answers = [
    { value: "rename", label: "Keep both", detail: `The new one becomes “${name}_1”.` },
    { value: "replace", label: "Replace it", detail: `What is in the ${what} now is lost.` },
  ];
  if (what === "table") {
    answers.push({
      value: "add",
      label: "Add the rows to it",
      detail: "Columns are matched by name; new ones are added.",
    });
  }
  choices.exists = "rename";
  const { fieldset, chosen } = choice(`There is already a ${what} “${name}”`, answers);
  fieldset.addEventListener("change", () => (choices.exists = chosen()));
  return fieldset;
}

/**
 * One of several tables, such as the sheets of an Excel file.
 *
 * @param {string} source
 * @param {Preview} preview
 * @param {HTMLElement} options
 * @param {TableChoices} choices
 */
function sheet(source, preview, options, choices) {
  const table = preview.tables.find((candidate) => candidate.source === source);
  choices.hidden = choices.skip = table?.hidden ?? false;
  const wanted = element("input", {
    type: "checkbox",
    checked: !choices.skip,
    "aria-label": `Import ${source}`,
  });
  const count = table?.count ?? null;
  const rows = count === null ? "" : formatAmount({ done: count, unit: "rows" }) || "No rows";
  const details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("strong", {}, source),
      " ",
      element("span", {}, table?.hidden ? `${rows}, hidden` : rows),
    ),
    options,
  );
  const show = () => {
    details.classList.toggle("left-out", choices.skip);
    options.inert = choices.skip;
  };
  show();
  wanted.addEventListener("change", () => {
    choices.skip = !wanted.checked;
    if (choices.skip) details.open = false;
    show();
  });
  return element("div", { class: "sheet" }, wanted, details);
}

/**
 * @param {Preview} preview
 * @returns {HTMLElement[]} notes on a file without a table to show
 */
function contentsOf({ kind, kindInWords, tables, contents = [] }) {
  if (kind === "sqlite" || tables.length > 0) return [];
  if (contents.length === 0) {
    return [element("p", { class: "hint" }, `${kindInWords}: there is nothing to choose.`)];
  }
  return [
    element("p", {}, "Each file in it is imported separately:"),
    element("ul", { class: "contents" }, ...contents.map((name) => element("li", {}, name))),
  ];
}
