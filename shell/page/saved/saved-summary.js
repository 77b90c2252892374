/**
 * Says in a line how much is saved, with the way there.
 */

import { element, formatBytes } from "../ui/dom.js";
import { readSaved } from "./last-used.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {HTMLElement} line  hidden until it has something to say
 * @param {URL} siteRoot
 * @returns {Promise<SavedInstance[]>} what is saved; none where nothing can be, which other pages report
 */
export async function showSavedSummary(line, siteRoot) {
  const saved = await readSaved(siteRoot);
  if (saved.length === 0) return saved;
  const size = saved.reduce((sum, instance) => sum + instance.size, 0);
  line.replaceChildren(
    element("span", {}, `${saved.length} saved on this device · ${formatBytes(size)}`),
    element(
      "a",
      { href: new URL("saved.html", siteRoot).href },
      "Saved data",
      element("span", { "aria-hidden": "true" }, " →"),
    ),
  );
  line.hidden = false;
  return saved;
}
