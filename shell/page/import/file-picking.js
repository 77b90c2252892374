/**
 * Gets files from the person with the browser's own file chooser.
 *
 * The caller decides what happens to them.
 */

import { element } from "../ui/dom.js";

/**
 * The inputs whose choosers are open. They are in no document, and nothing else refers to them. If the
 * browser collected one as garbage while the person looks for a file, it would never report the choice.
 *
 * @type {Set<HTMLInputElement>}
 */
const choosing = new Set();

/**
 * Open the file chooser. Call this while a click or a key press is being handled: otherwise browsers
 * do not open it.
 *
 * @param {string} [accept]  as the attribute of that name; without it, every kind of file
 * @returns {Promise<File[]>} none if the person cancels
 */
export async function pickFiles(accept = "") {
  const input = element("input", { type: "file", multiple: true, accept: accept !== "" && accept });
  choosing.add(input);
  await new Promise((resolve) => {
    input.addEventListener("change", resolve);
    input.addEventListener("cancel", resolve);
    input.click();
  });
  choosing.delete(input);
  return [...(input.files ?? [])];
}
