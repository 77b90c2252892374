/**
 * Finds data that the author wrote into the element: <script type="text/csv">, or a fenced block of
 * Markdown, which documentation tools turn into their own markup.
 */

import { MOST_INLINE } from "../shared/inline-data.js";

/** @typedef {import("../shared/inline-data.js").InlineFile & {parameter: string}} InlineSource */

/** The names of languages and types, by the parameter that opens them. */
const KINDS = /** @type {const} */ ([
  ["csv", "csv", /^(?:csv|text\/csv)$/],
  ["csv", "tsv", /^(?:tsv|text\/tab-separated-values)$/],
  ["json", "json", /^(?:json|geojson|ndjson|jsonl|application\/(?:geo\+|x-nd)?json|text\/json)$/],
  ["sql", "sql", /^(?:sql|sqlite|application\/sql|text\/(?:x-)?sql)$/],
]);

/**
 * Classes that name the language of a block: in CommonMark, MkDocs (language-csv), Sphinx (highlight-csv)
 * and Pandoc (sourceCode csv).
 */
const LANGUAGE = /(?:^|\s)(?:language-|highlight-|sourceCode )([\w-]+)/;

/** The elements that may be such a block. */
const BLOCKS = "script[type], [class*='language-'], [class*='highlight-'], pre.sourceCode";

/**
 * @param {Element} element
 * @returns {InlineSource[]} in the order in which they are written
 * @throws {RangeError} there is too much data
 */
export function inlineSources(element) {
  /** @type {InlineSource[]} */
  const sources = [];
  /** @type {Element[]} */
  const taken = [];
  for (const block of element.querySelectorAll(BLOCKS)) {
    const kind = kindOf(block);
    if (!kind || taken.some((other) => other.contains(block))) continue;
    taken.push(block);
    const text = textOf(block);
    if (text === "") continue;
    const number = sources.length === 0 ? "" : `-${sources.length + 1}`;
    const name = block.getAttribute("data-name") || `inline${number}`;
    const [parameter, extension] = kind;
    sources.push({ parameter, name: `${name.replace(/[/\\?#]/g, "-")}.${extension}`, text });
  }
  const size = sources.reduce((sum, { text }) => sum + new Blob([text]).size, 0);
  if (size > MOST_INLINE) {
    throw new RangeError(
      `The data in this page is ${(size / 1e6).toFixed(1)} MB; up to ${MOST_INLINE / 1e6} MB can be ` +
        'written into a page. Put it into a file beside the page and name that: csv="file.csv".',
    );
  }
  return sources;
}

/** @param {Element} block */
function kindOf(block) {
  const isScript = block instanceof HTMLScriptElement;
  const language = isScript ? block.type.trim() : LANGUAGE.exec(block.className)?.[1];
  return KINDS.find(([, , pattern]) => pattern.test((language ?? "").toLowerCase()));
}

/** @param {Element} block */
function textOf(block) {
  const inner = block.querySelector("code") ?? block.querySelector("pre") ?? block;
  const lines = inner.textContent.replace(/^[ \t]*\r?\n/, "").trimEnd();
  return lines === "" ? "" : `${withoutIndent(lines)}\n`;
}

/**
 * Remove the indentation that lines have because the HTML around them is indented.
 *
 * @param {string} text
 * @returns {string}
 */
export function withoutIndent(text) {
  const lines = text.split("\n");
  const indent = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length)
    .reduce((least, one) => Math.min(least, one), Infinity);
  return lines.map((line) => line.slice(indent)).join("\n");
}
