/**
 * Shows an error on a page: what failed, what to do, and the details folded away.
 */

import { element } from "./dom.js";

/**
 * @param {import("../../shared/errors.js").WireError} error
 * @returns {HTMLElement[]} for an element with the class "problem"
 */
export function errorParts({ message, hint, traceback }) {
  return [
    element("p", { class: "message" }, message),
    ...(hint ? [element("p", {}, hint)] : []),
    ...(traceback ? [technicalDetails(traceback)] : []),
  ];
}

/** @param {string} traceback */
function technicalDetails(traceback) {
  return element(
    "details",
    {},
    element("summary", {}, "Technical details"),
    element("pre", { tabindex: "0" }, traceback),
  );
}
