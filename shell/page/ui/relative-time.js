/**
 * Writes moments as people speak of them, "3 minutes ago", along with the exact time.
 */

import { element } from "./dom.js";

const UNITS = /** @type {const} */ ([
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
]);

const RELATIVE = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });

/**
 * @param {number} moment  ms since 1970
 * @returns {HTMLTimeElement}
 */
export function timeElement(moment) {
  const date = new Date(moment);
  const attributes = { datetime: date.toISOString(), title: EXACT.format(date) };
  return element("time", attributes, inRelativeWords(moment));
}

/**
 * @param {number} moment  ms since 1970
 * @returns {string}
 */
export function inRelativeWords(moment) {
  // Another device's clock may be ahead of this one's.
  const seconds = Math.max(0, (Date.now() - moment) / 1000);
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? [];
  return unit && size ? RELATIVE.format(-Math.floor(seconds / size), unit) : "just now";
}

/**
 * Update the times in an element.
 *
 * @param {HTMLElement} within
 */
export function refreshTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    time.textContent = inRelativeWords(Date.parse(time.dateTime));
  }
}
