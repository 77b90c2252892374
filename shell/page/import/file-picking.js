/**
 * Getting files from the person with the browser's own file chooser.
 *
 * What is then done with them is the caller's business.
 */

import { element } from "../ui/dom.js";

/**
 * The inputs whose choosers are open. They are in no document, and nothing else refers to them: one that
 * the browser collects as garbage while the person looks for a file never tells what was chosen.
 *
 * @type {Set<HTMLInputElement>}
 */
const choosing = new Set();

/**
 * Must be called while a click or a key press is being handled: browsers open the chooser for nothing
 * else.
 *
 * @param {string} [accept]  as the attribute of that name; without it, every kind of file
 * @returns {Promise<File[]>} none when the person changes their mind
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
