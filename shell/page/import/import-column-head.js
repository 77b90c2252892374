/**
 * The head of one column in the preview of a table: its name, which can be changed, its type, and whether
 * to import it, make it a key or search in it.
 */

import { newName } from "./import-choices.js";
import { element } from "../ui/dom.js";
import { checkbox, selectOf } from "../ui/form-fields.js";

/** @typedef {import("../../shared/protocol.js").PreviewColumn} PreviewColumn */
/** @typedef {import("./import-choices.js").TableChoices} TableChoices */

const TYPES = /** @type {const} */ ([
  ["text", "Text"],
  ["integer", "Integer"],
  ["float", "Decimal"],
]);

/**
 * @param {PreviewColumn} column
 * @param {TableChoices} choices
 * @param {boolean} typed  whether the file itself gives the types of columns
 * @param {() => void} onChange
 * @returns {HTMLTableCellElement}
 */
export function columnHead({ name, type }, choices, typed, onChange) {
  /** @param {Set<string>} chosen */
  const member = (chosen) => (/** @type {boolean} */ checked) => {
    if (checked) chosen.add(name);
    else chosen.delete(name);
    onChange();
  };
  const shown = () => newName(choices, name);
  const keep = element("input", { type: "checkbox", checked: !choices.drop.has(name) });
  const kind = typed
    ? element("span", { class: "type" }, type)
    : selectOf(choices.types.get(name) ?? type, TYPES, (value) => {
        if (value === type) choices.types.delete(name);
        else choices.types.set(name, value);
        onChange();
      });
  const key = checkbox("Key", choices.pk.has(name), member(choices.pk), shown());
  const search = checkbox("Search", choices.fts.has(name), member(choices.fts), shown());
  const settings = element(
    "fieldset",
    { disabled: choices.drop.has(name) },
    kind,
    element("div", { class: "roles" }, key, search),
  );
  keep.addEventListener("change", () => {
    settings.disabled = !keep.checked;
    rename.disabled = !keep.checked;
    member(choices.drop)(!keep.checked);
  });
  const words = element("span", {});
  const rename = element("button", { type: "button", class: "rename" }, "Rename");
  rename.disabled = !keep.checked;
  const title = element("div", { class: "name" }, element("label", {}, keep, words), rename);
  const label = () => {
    const now = shown();
    words.textContent = now;
    words.title = now === name ? "" : `“${name}” in the file`;
    keep.setAttribute("aria-label", `${now}: import`);
    rename.setAttribute("aria-label", `Rename ${now}`);
    settings.setAttribute("aria-label", now);
    if (!typed) kind.setAttribute("aria-label", `Type of ${now}`);
    for (const [role, input] of [
      ["Key", key],
      ["Search", search],
    ]) {
      /** @type {HTMLElement} */ (input).firstElementChild?.setAttribute(
        "aria-label",
        `${role}: ${now}`,
      );
    }
  };
  label();
  rename.addEventListener("click", () =>
    editName(title, shown(), (changed, isByKey) => {
      if (changed === "" || changed === name) choices.rename.delete(name);
      else choices.rename.set(name, changed);
      label();
      onChange();
      if (isByKey) rename.focus();
    }),
  );
  return element("th", { scope: "col" }, title, settings);
}

/**
 * Let the person type another name in the place of the one that is shown.
 *
 * @param {HTMLElement} title
 * @param {string} name
 * @param {(name: string, isByKey: boolean) => void} onDone  called with the name they leave, trimmed, and
 *   whether a key ended it, rather than a click or Tab, which has moved the focus
 */
function editName(title, name, onDone) {
  const input = element("input", {
    type: "text",
    value: name,
    "aria-label": `New name of ${name}`,
    autocomplete: "off",
    spellcheck: "false",
  });
  let isDone = false;
  /** @param {string} typed @param {boolean} isByKey */
  const finish = (typed, isByKey) => {
    if (isDone) return;
    isDone = true;
    input.remove();
    title.classList.remove("editing");
    onDone(typed.trim(), isByKey);
  };
  input.addEventListener("blur", () => finish(input.value, false));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // neither import nor close the dialog
    finish(event.key === "Enter" ? input.value : name, true);
  });
  title.classList.add("editing");
  title.append(input);
  input.select();
}
