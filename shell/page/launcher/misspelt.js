/**
 * Finds parameters in a link that do not exist but look like ones that do, as in ?cvs=…, and offers the link
 * that was probably meant.
 */

import { OPTIONS } from "../../shared/link-options.js";
import { APP_PARAMETERS, SETTINGS, SOURCE_PARAMETERS, SWITCHES } from "../../shared/parameters.js";
import { element } from "../ui/dom.js";

/** The parameters that people write. */
const WRITTEN = [
  ...[...SOURCE_PARAMETERS, ...SETTINGS, ...SWITCHES, ...OPTIONS],
  ...[...APP_PARAMETERS, "install", "ref"],
];

/** All parameters of a link. */
const KNOWN = [...WRITTEN, "embed", "files"];

/**
 * @typedef {object} Slip
 * @property {string} written
 * @property {string} meant
 */

/**
 * @param {string} search  of the link, with its question mark
 * @returns {{slips: Slip[], corrected: string, without: string}} corrected: the query with what was probably
 *   meant; without: the query without the slips
 */
export function misspelt(search) {
  /** @type {Slip[]} */
  const slips = [];
  /** @type {string[]} */
  const right = [];
  const pairs = search
    .replace(/^\?/, "")
    .split("&")
    .map((pair) => {
      const [, written, rest] = /** @type {RegExpExecArray} */ (/^([^=]*)(.*)$/s.exec(pair));
      const meant = closest(written);
      if (meant === undefined || !/^=./s.test(rest)) {
        right.push(pair);
        return pair;
      }
      slips.push({ written, meant });
      return meant + rest;
    });
  return { slips, corrected: `?${pairs.join("&")}`, without: `?${right.join("&")}` };
}

/**
 * @param {string} written
 * @returns {string | undefined} the parameter that was probably meant; undefined if it exists, or is like none
 */
function closest(written) {
  const name = written.toLowerCase();
  if (KNOWN.includes(written) || name.length < 2) return undefined;
  const most = name.length <= 4 ? 1 : 2;
  // A link can contain names of any length.
  const near = WRITTEN.filter((known) => Math.abs(known.length - name.length) <= most)
    .map((known) => ({ known, distance: distance(name, known) }))
    .filter((one) => one.distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.known;
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} of letters to insert, leave out, replace, or swap with the next one, to get from a to b
 *   (https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance, “optimal string alignment”)
 */
export function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/**
 * Say what is wrong with the link and offer the corrected one.
 *
 * @param {HTMLElement} place
 * @param {ReturnType<typeof misspelt>} found
 * @param {string} hash  of the link
 */
export function showSlips(place, { slips, corrected, without }, hash) {
  place.replaceChildren(
    ...slips.map(({ written, meant }) =>
      element(
        "p",
        {},
        "This link contains ",
        element("code", {}, `${written}=`),
        ", which means nothing here. Did you mean ",
        element("code", {}, `${meant}=`),
        "?",
      ),
    ),
    element(
      "p",
      {},
      element("a", { href: `./${corrected}${hash}` }, "Open the corrected link"),
      ...(without === "?"
        ? []
        : [" or ", element("a", { href: `./${without}${hash}` }, "open it without that"), "."]),
    ),
  );
  place.hidden = false;
}
