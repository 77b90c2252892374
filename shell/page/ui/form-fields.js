/**
 * Makes the fields of a form: each is an element with its label, and reports what it was changed to.
 */

import { element } from "./dom.js";

/**
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => void} onChange  called when the person is done with it
 * @returns {HTMLElement}
 */
export function textField(label, value, onChange) {
  const input = element("input", { type: "text", value, spellcheck: "false", autocomplete: "off" });
  input.addEventListener("change", () => onChange(input.value.trim()));
  return element("label", { class: "field" }, element("span", {}, label), input);
}

/**
 * @param {string} label
 * @param {number} value
 * @param {(value: number) => void} onChange
 * @returns {HTMLElement}
 */
export function countField(label, value, onChange) {
  const input = element("input", { type: "number", min: "0", step: "1", value: String(value) });
  input.addEventListener("change", () => {
    const count = Math.max(0, Math.trunc(Number(input.value) || 0));
    input.value = String(count);
    onChange(count);
  });
  return element("label", { class: "field count" }, element("span", {}, label), input);
}

/**
 * @param {string} label
 * @param {string} value
 * @param {ReadonlyArray<readonly [value: string, words: string]>} options
 * @param {(value: string) => void} onChange
 * @returns {HTMLElement}
 */
export function selectField(label, value, options, onChange) {
  const select = selectOf(value, options, onChange);
  return element("label", { class: "field" }, element("span", {}, label), select);
}

/**
 * @param {string} value  may be missing from the options
 * @param {ReadonlyArray<readonly [value: string, words: string]>} options
 * @param {(value: string) => void} onChange
 * @returns {HTMLSelectElement}
 */
export function selectOf(value, options, onChange) {
  const known = options.some(([option]) => option === value);
  const all = known ? options : [[value, value], ...options];
  const select = element(
    "select",
    {},
    ...all.map(([option, words]) =>
      element("option", { value: option, selected: option === value }, words),
    ),
  );
  select.addEventListener("change", () => onChange(select.value));
  return select;
}

/**
 * @param {string} label
 * @param {boolean} checked
 * @param {(checked: boolean) => void} onChange
 * @param {string} [about]  what it is about, for people who cannot see where it stands
 * @returns {HTMLLabelElement}
 */
export function checkbox(label, checked, onChange, about = "") {
  const input = element("input", { type: "checkbox", checked });
  if (about !== "") input.setAttribute("aria-label", `${label}: ${about}`);
  input.addEventListener("change", () => onChange(input.checked));
  return element("label", { class: "check" }, input, element("span", {}, label));
}
