/**
 * Describes what was found out about a file before its import, and how certain that is.
 */

import { element } from "../ui/dom.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */

/** @type {Record<import("../../shared/protocol.js").Guess["sureness"], string>} */
const SURENESS = { certain: "certain", likely: "likely", unsure: "please check" };

/**
 * @param {Preview} preview
 * @param {PreviewTable | undefined} table
 * @returns {HTMLElement[]}
 */
export function findings({ guesses = [], notes = [] }, table) {
  const sentences = [...notes, ...(table?.notes ?? [])];
  const parts = sentences.map((note) => element("p", { class: "notice" }, note));
  if (guesses.length === 0) return parts;
  const doubts = guesses.filter(({ sureness }) => sureness === "unsure");
  const summary =
    doubts.length === 0
      ? "How this was detected"
      : `Please check: ${doubts.map(({ about }) => about.toLowerCase()).join(", ")}`;
  const items = guesses.map(({ about, sureness, reason }) =>
    element(
      "li",
      { "data-sureness": sureness },
      element("strong", {}, `${about} (${SURENESS[sureness]})`),
      ` ${reason}`,
    ),
  );
  return [
    ...parts,
    element(
      "details",
      { class: "guesses", open: doubts.length > 0 },
      element("summary", {}, summary),
      element("ul", {}, ...items),
    ),
  ];
}
