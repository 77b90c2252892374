/**
 * Asks a question in a dialog, on a page of Datasette and in its look.
 */

import { answerIn } from "../ui/ask-person.js";
import { element } from "../ui/dom.js";

/**
 * @param {object} question
 * @param {string} question.title
 * @param {Array<Node | string>} question.body
 * @param {string} question.yes  label of the button that goes on
 * @returns {Promise<boolean>} whether to go on
 */
export function askInModal({ title, body, yes }) {
  const heading = element("h2", { id: "lite-question", class: "modal-title" }, title);
  const look = (/** @type {string} */ kind) => `modal-btn modal-btn-${kind}`;
  const cancel = element("button", { type: "button", class: look("ghost") }, "Cancel");
  const go = element("button", { value: "yes", class: look("primary") }, yes);
  const dialog = element(
    "dialog",
    { class: "datasette-modal", "aria-labelledby": "lite-question" },
    element("div", { class: "modal-header" }, heading),
    element("div", { class: "modal-body" }, ...body),
    element("form", { method: "dialog", class: "modal-footer" }, cancel, go),
  );
  return answerIn(dialog, cancel);
}
