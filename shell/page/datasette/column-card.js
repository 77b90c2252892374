/**
 * Shows what the column overview knows about one column.
 *
 * Values come from the data: they become text nodes and query parameters, nothing else.
 */

import { element } from "../ui/dom.js";
import { formatEdge, histogramSvg } from "./histogram-svg.js";

/**
 * See ColumnSummary.result in engine/datasette/column_summary.py.
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {string} declared
 * @property {number} rows
 * @property {number} null
 * @property {number} blank
 * @property {Record<string, number>} types
 * @property {number} distinct
 * @property {boolean} distinct_exact
 * @property {number | string | null} min
 * @property {number | string | null} max
 * @property {number | string | null} mean
 * @property {[number, number] | null} bytes
 * @property {Array<{value: number | string | null, text: string, count: number, whole: boolean}>} frequent
 * @property {boolean} frequent_exact
 * @property {import("./histogram-svg.js").Bin[]} bins
 */

/**
 * @param {Column} column
 * @param {string | undefined} rowsUrl  address of the table with its filters; undefined for a query
 * @returns {HTMLElement[]} what the column's card contains
 */
export function columnCard(column, rowsUrl) {
  const { name, bins } = column;
  /** @type {HTMLElement[]} */
  const parts = [element("h2", {}, name, " ", element("span", { class: "type" }, typeOf(column)))];
  const facts = element("dl", {});
  for (const [term, words] of factsOf(column)) {
    facts.append(element("div", {}, element("dt", {}, term), element("dd", {}, words)));
  }
  parts.push(facts);
  if (bins.length > 1) {
    const figure = element("figure", {});
    const edges = element("div", { class: "edges", "aria-hidden": "true" });
    const ends = [bins[0][0], bins[bins.length - 1][1]];
    edges.append(...ends.map((edge) => element("span", {}, formatEdge(edge))));
    figure.append(histogramSvg(bins), edges);
    parts.push(figure);
  }
  if (column.frequent.length > 0) parts.push(...frequentValues(column, rowsUrl));
  return parts;
}

/** @param {Column} column */
function typeOf({ declared, types }) {
  const found = Object.entries(types).sort(([, one], [, other]) => other - one);
  const stored = found.map(([type]) => type).join(", ");
  if (declared === "" || declared.toLowerCase() === stored) return stored || declared.toLowerCase();
  return stored === "" ? declared : `${declared}, stored as ${stored}`;
}

/**
 * @param {Column} column
 * @returns {Array<[term: string, words: string]>}
 */
function factsOf(column) {
  const { rows, blank, distinct, distinct_exact: isExact, min, max, mean, bytes } = column;
  /** @type {Array<[string, string]>} */
  const facts = [["Empty (NULL)", share(column.null, rows)]];
  if (blank > 0) facts.push(["Blank text", share(blank, rows)]);
  facts.push(["Distinct values", isExact ? count(distinct) : `about ${count(rounded(distinct))}`]);
  if (min !== null && max !== null) facts.push(["Minimum", shown(min)], ["Maximum", shown(max)]);
  if (mean !== null) facts.push(["Mean", typeof mean === "number" ? formatEdge(mean) : mean]);
  if (bytes !== null) facts.push(["Size", `${count(bytes[0])} to ${count(bytes[1])} bytes`]);
  return facts;
}

/**
 * @param {Column} column
 * @param {string | undefined} rowsUrl
 * @returns {HTMLElement[]}
 */
function frequentValues({ name, frequent, frequent_exact: isExact }, rowsUrl) {
  const list = element("ol", {});
  for (const { value, text, count: times, whole } of frequent) {
    const item = element("li", {});
    const label = text.trim() === "" ? "(blank)" : text;
    if (whole && rowsUrl !== undefined && value !== null) {
      const url = new URL(rowsUrl, location.href);
      url.searchParams.append(`${name}__exact`, String(value));
      item.append(element("a", { href: url.href }, label));
    } else item.append(element("span", { class: "value" }, label));
    const bar = element("span", { class: "share", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(times / frequent[0].count));
    const words = `${isExact ? "" : "about "}${count(times)}`;
    item.append(bar, element("span", { class: "count" }, words));
    list.append(item);
  }
  return [element("h3", {}, "Frequent values"), list];
}

/** @param {number | string} value */
function shown(value) {
  return typeof value === "string" && value.trim() === "" ? "(blank)" : String(value);
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString("en");
}

/**
 * @param {number} estimate
 * @returns {number} no more precise than the estimate is
 */
function rounded(estimate) {
  return Number(estimate.toPrecision(2));
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  if (part === 0) return "none";
  if (part === whole) return `all ${count(whole)}`;
  const percent = (100 * part) / whole;
  const words =
    percent < 0.1 ? "less than 0.1" : percent > 99.9 ? "more than 99.9" : percent.toFixed(1);
  return `${words}% (${count(part)})`;
}
