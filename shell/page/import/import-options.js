/**
 * Shows the choices for one file before its import: what its tables are called, how to read it, and
 * what its columns are.
 *
 * Draws a preview and writes into FileChoices; the dialog asks for another preview.
 */

import { element, formatAmount } from "../ui/dom.js";
import { checkbox, countField, textField } from "../ui/form-fields.js";
import { columnsPreview } from "./import-columns.js";
import { guessesOn } from "./import-findings.js";
import { mainFields, moreFields } from "./import-reading.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */
/** @typedef {import("./import-choices.js").FileChoices} FileChoices */
/** @typedef {import("./import-choices.js").TableChoices} TableChoices */

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
   * @param {object} wishes
   * @param {() => void} wishes.onReread  called after a choice that changes the preview
   * @param {() => void} wishes.onSkip  called when a table is left out, or no longer
   */
  constructor(preview, choices, { onReread, onSkip }) {
    this.node = element("div", { class: "options" });
    if (preview.kind === "sqlite") {
      this.#tables.set("", new TableOptions(preview, undefined, choices, onReread));
    }
    for (const table of preview.tables) {
      this.#tables.set(table.source, new TableOptions(preview, table, choices, onReread));
    }
    const parts = [...this.#tables].map(([source, { node }]) =>
      this.#tables.size === 1 ? node : sheet(source, preview, node, choices.table(source), onSkip),
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
    this.guesses = element("div", { class: "findings" });
    this.columns = element("div");
    this.header = WITH_HEADER.includes(preview.kind)
      ? headerFields(preview, choices, reread)
      : undefined;
    /** @param {number} skiprows */
    this.onHeader = (skiprows) => {
      choices.skiprows = skiprows;
      if (choices.header === false) choices.header = true;
      onReread();
    };
    this.node = element(
      "div",
      { class: "table" },
      element(
        "div",
        { class: "fields" },
        name,
        ...(preview.kind === "csv" ? mainFields(preview, file, reread) : []),
        ...(this.header?.nodes ?? []),
      ),
      ...(preview.kind === "csv" ? [moreFields(preview, file, reread)] : []),
      this.guesses,
      this.columns,
    );
    this.update(preview, table);
  }

  /**
   * @param {Preview} preview
   * @param {PreviewTable | undefined} table
   */
  update(preview, table) {
    this.guesses.replaceChildren(...guessesOn(preview));
    this.header?.show(preview, this.choices);
    if (!table) return;
    const root = /** @type {ShadowRoot | Document} */ (this.columns.getRootNode());
    const hadFocus = this.columns.contains(root.activeElement);
    const typed = TYPED.includes(preview.kind);
    const unit = preview.kind === "csv" ? "line" : "row";
    const { onHeader } = this;
    this.columns.replaceChildren(columnsPreview(table, this.choices, { typed, unit, onHeader }));
    if (hadFocus) /** @type {HTMLElement} */ (this.columns.querySelector(".scroll")).focus();
  }
}

/**
 * @param {Preview} preview
 * @param {TableChoices} choices
 * @param {<T>(assign: (value: T) => void) => (value: T) => void} reread
 */
function headerFields({ kind }, choices, reread) {
  const skip = countField(
    kind === "csv" ? "Skip lines" : "Skip rows",
    0,
    reread((value) => (choices.skiprows = value)),
  );
  const first = checkbox(
    "First row is the header",
    true,
    reread((value) => (choices.header = value)),
  );
  const [count, check] = [skip, first].map((field) => field.querySelector("input"));
  return {
    nodes: [skip, first],
    /**
     * @param {Preview} preview
     * @param {TableChoices} chosen
     */
    show: ({ skiprows = 0, header = true }, chosen) => {
      if (count) count.value = String(chosen.skiprows ?? skiprows);
      if (check) check.checked = chosen.header ?? header;
    },
  };
}

/**
 * One of several tables, such as the sheets of an Excel file.
 *
 * @param {string} source
 * @param {Preview} preview
 * @param {HTMLElement} options
 * @param {TableChoices} choices
 * @param {() => void} onSkip  called when it is left out, or no longer
 */
function sheet(source, preview, options, choices, onSkip) {
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
    onSkip();
  });
  const notes = (table?.notes ?? []).map((note) => element("p", { class: "notice" }, note));
  return element("div", { class: "sheet" }, wanted, details, ...notes);
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
