/**
 * The fields of the import dialog for how to read the text of a CSV file.
 */

import { element } from "../ui/dom.js";
import { selectField, textField } from "../ui/form-fields.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("./import-choices.js").FileChoices} FileChoices */

/** Makes of a choice one that asks for another preview. @typedef {<T>(assign: (value: T) => void) => (value: T) => void} Reread */

const DELIMITERS = /** @type {const} */ ([
  [",", "Comma (,)"],
  [";", "Semicolon (;)"],
  ["\t", "Tab"],
  ["|", "Bar (|)"],
]);

/** By Python's names for them. */
const ENCODINGS = /** @type {const} */ ([
  ["utf-8", "UTF-8"],
  ["utf-16", "UTF-16"],
  ["cp1252", "Western European (Windows-1252)"],
  ["cp1250", "Central European (Windows-1250)"],
  ["cp1251", "Cyrillic (Windows-1251)"],
  ["mac_roman", "Mac Roman"],
  ["cp437", "DOS (437)"],
  ["shift_jis", "Japanese (Shift-JIS)"],
  ["gb18030", "Chinese (GB 18030)"],
]);

const QUOTING = /** @type {const} */ ([
  ["", "Enclose values"],
  ["none", "Are part of values"],
]);

const DECIMALS = /** @type {const} */ ([
  ["", "Point (1.5)"],
  [",", "Comma (1,5)"],
]);

const THOUSANDS = /** @type {const} */ ([
  ["", "None"],
  [",", "Comma (1,000)"],
  [".", "Point (1.000)"],
  ["space", "Space (1 000)"],
  ["'", "Apostrophe (1'000)"],
]);

const DATES = /** @type {const} */ ([
  ["", "As they are"],
  ["dmy", "Day, month, year"],
  ["mdy", "Month, day, year"],
  ["ymd", "Year, month, day"],
]);

/**
 * @param {Preview} preview
 * @param {FileChoices} file
 * @param {Reread} reread
 * @returns {HTMLElement[]} the most frequent choices
 */
export function mainFields({ delimiter = "", encoding = "utf-8" }, { text }, reread) {
  /** @type {Array<readonly [string, string]>} */
  const delimiters = [...DELIMITERS];
  if (delimiter === "") delimiters.unshift(["", "None"]); // there is only one column
  // With a byte order mark, or identified by the order of bytes, it is still the same encoding.
  const family = /^utf-(8|16)/.exec(encoding)?.[0] ?? encoding;
  return [
    selectField(
      "Separator",
      delimiter,
      delimiters,
      reread((value) => (text.delimiter = value || undefined)),
    ),
    selectField(
      "Encoding",
      family,
      ENCODINGS,
      reread((value) => (text.encoding = value)),
    ),
  ];
}

/**
 * @param {Preview} preview
 * @param {FileChoices} file
 * @param {Reread} reread
 * @returns {HTMLElement} choices that few files need
 */
export function moreFields(preview, { text }, reread) {
  const { quote = "", escape = "", comment = "", null: words = [] } = preview;
  const fields = [
    selectField(
      "Quotation marks",
      quote,
      QUOTING,
      reread((value) => (text.quote = value || '"')),
    ),
    textField(
      "Escape character",
      escape,
      reread((value) => (text.escape = value || "none")),
    ),
    textField(
      "Comments begin with",
      comment,
      reread((value) => (text.comment = value || "none")),
    ),
    textField(
      "Words that mean NULL",
      words.join(", "),
      reread((value) => (text.null = listed(value))),
    ),
    selectField(
      "Decimal sign",
      "",
      DECIMALS,
      reread((value) => (text.decimal = value || undefined)),
    ),
    selectField(
      "Thousands",
      "",
      THOUSANDS,
      reread((value) => (text.thousands = value || undefined)),
    ),
    selectField(
      "Dates",
      "",
      DATES,
      reread((value) => (text.dates = value || undefined)),
    ),
  ];
  return element(
    "details",
    { class: "more" },
    element("summary", {}, "Numbers, dates, quotation marks and more"),
    element("div", { class: "fields" }, ...fields),
  );
}

/** @param {string} value */
function listed(value) {
  const words = value.split(",").map((word) => word.trim());
  return words.some((word) => word !== "") ? words.filter((word) => word !== "") : ["none"];
}
