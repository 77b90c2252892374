/**
 * Describes what was found out about a file before its import, and how certain that is.
 */

import { element } from "../ui/dom.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */

/** @type {Record<import("../../shared/protocol.js").Guess["sureness"], string>} */
const SURENESS = { certain: "certain", likely: "likely", unsure: "please check" };

/**
 * @param {Preview} preview
 * @param {boolean} isOpen  whether the guesses are on show, which say what to check
 * @returns {HTMLElement[]} what the person should know, even of a file that is folded up
 */
export function warningsOn({ guesses = [], notes = [], tables }, isOpen) {
  // With several tables, each shows its own notes.
  const own = tables.length === 1 ? (tables[0].notes ?? []) : [];
  const doubts = isOpen ? "" : doubtsAbout(guesses);
  const sentences = [...notes, ...own, ...(doubts === "" ? [] : [doubts])];
  return sentences.map((note) => element("p", { class: "notice" }, note));
}

/**
 * @param {Preview} preview
 * @returns {HTMLElement[]}
 */
export function guessesOn({ guesses = [] }) {
  if (guesses.length === 0) return [];
  const doubts = doubtsAbout(guesses);
  const items = guesses.map(({ about, sureness, reason }) =>
    element(
      "li",
      { "data-sureness": sureness },
      element("strong", {}, `${about} (${SURENESS[sureness]})`),
      ` ${reason}`,
    ),
  );
  return [
    element(
      "details",
      { class: "guesses", open: doubts !== "" },
      element("summary", {}, doubts || "How this was detected"),
      element("ul", {}, ...items),
    ),
  ];
}

/**
 * @param {import("../../shared/protocol.js").Guess[]} guesses
 * @returns {string} "Please check: header, encoding", or "" if there is nothing to check
 */
function doubtsAbout(guesses) {
  const doubts = guesses.filter(({ sureness }) => sureness === "unsure");
  if (doubts.length === 0) return "";
  return `Please check: ${doubts.map(({ about }) => about.toLowerCase()).join(", ")}`;
}
