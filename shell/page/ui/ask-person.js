/**
 * Asks the person in a dialog before something is done that cannot be undone.
 */

import { afterDeliberation } from "./deliberation.js";
import { element } from "./dom.js";

/**
 * @param {object} question
 * @param {string} question.title
 * @param {Array<Node | string>} question.body
 * @param {string} question.yes      label of the button that goes on
 * @param {boolean} [question.danger]  whether going on loses something
 * @param {Node} [question.within]  what the dialog is put into; the page's body if absent
 * @returns {Promise<boolean>} whether to go on
 */
export function askPerson({ title, body, yes, danger = false, within }) {
  // The way back comes first, so that it has the focus and a hasty Enter loses nothing.
  const cancel = element("button", { type: "button", class: "plain" }, "Cancel");
  const go = element("button", { value: "yes", class: danger ? "primary danger" : "primary" }, yes);
  const dialog = element(
    "dialog",
    { "aria-labelledby": "question" },
    element(
      "form",
      { method: "dialog" },
      element("h2", { id: "question" }, title),
      ...body,
      element("p", { class: "actions" }, ...(danger ? [cancel, go] : [go, cancel])),
    ),
  );
  return answerIn(dialog, cancel, within);
}

/**
 * Show a dialog until the person has answered.
 *
 * @param {HTMLDialogElement} dialog  with a form that has a button whose value is "yes"
 * @param {HTMLButtonElement} cancel
 * @param {Node} [within]
 * @returns {Promise<boolean>} whether the answer was "yes"
 */
export function answerIn(dialog, cancel, within = document.body) {
  for (const go of dialog.querySelectorAll("button")) {
    if (go.value === "yes") afterDeliberation(go);
  }
  cancel.addEventListener("click", () => dialog.close());
  within.appendChild(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/**
 * @template T
 * @param {string} legend
 * @param {Array<{value: T, label: string, detail: string}>} choices  the first is selected initially
 * @returns {{fieldset: HTMLFieldSetElement, chosen: () => T}}
 */
export function choice(legend, choices) {
  const { fieldset, chosen } = openChoice(legend, choices, choices[0].value);
  return { fieldset, chosen: () => chosen() ?? choices[0].value };
}

/**
 * @template T
 * @param {string} legend
 * @param {Array<{value: T, label: string, detail: string}>} choices
 * @param {T} [initial]  the value selected initially; none if absent
 * @returns {{fieldset: HTMLFieldSetElement, chosen: () => T | undefined}}
 */
export function openChoice(legend, choices, initial) {
  const name = `choice-${crypto.randomUUID()}`;
  const buttons = choices.map(({ value }) =>
    element("input", { type: "radio", name, checked: value === initial }),
  );
  const fieldset = element(
    "fieldset",
    {},
    element("legend", {}, legend),
    ...choices.map(({ label, detail }, index) =>
      element(
        "label",
        {},
        buttons[index],
        element("span", {}, label, element("small", {}, detail)),
      ),
    ),
  );
  return { fieldset, chosen: () => choices[buttons.findIndex(({ checked }) => checked)]?.value };
}
