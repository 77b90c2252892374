/**
 * Shows the line on the home page that leads to saved data, for people who have some.
 */

import { readableRecord } from "../../shared/saved-record.js";
import { openStore } from "../../shared/saved-store.js";
import { element, formatBytes } from "../ui/dom.js";

/**
 * @param {HTMLElement} line  hidden until it has something to say
 * @param {URL} siteRoot
 * @returns {Promise<void>}
 */
export async function showSavedSummary(line, siteRoot) {
  let instances;
  try {
    const store = await openStore(siteRoot);
    instances = await store.getAll("instances");
    store.close();
  } catch {
    return; // nothing can be saved here; other pages say so where it matters
  }
  if (instances.length === 0) return;
  const size = instances.reduce((sum, stored) => sum + readableRecord(stored).record.size, 0);
  line.replaceChildren(
    element("span", {}, `${instances.length} saved on this device · ${formatBytes(size)}`),
    element(
      "a",
      { href: new URL("saved.html", siteRoot).href },
      "Saved data",
      element("span", { "aria-hidden": "true" }, " →"),
    ),
  );
  line.hidden = false;
}
