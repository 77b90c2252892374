/**
 * Shows people who come back the workspaces that they used last, and the way to all that is saved.
 */

import { instancePath } from "../../shared/paths.js";
import { element } from "../ui/dom.js";
import { timeElement } from "../ui/relative-time.js";
import { headingOf } from "../ui/workspace-name.js";
import { isChanged } from "./describe-saved.js";
import { lastUsed } from "./last-used.js";
import { showSavedSummary } from "./saved-summary.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/** How many are shown. */
const MOST = 3;

/** Tells the next visit how many there will be, so that it keeps room for them (index.html). */
const COUNT = "datasette-lite recent";

/**
 * @param {HTMLElement} section  hidden until it has something to say
 * @param {URL} siteRoot
 * @returns {Promise<void>}
 */
export async function showRecentWorkspaces(section, siteRoot) {
  const [list, line] = section.querySelectorAll("ul, p");
  const saved = await showSavedSummary(/** @type {HTMLElement} */ (line), siteRoot);
  const recent = lastUsed(saved, MOST);
  remember(recent.length);
  list.replaceChildren(...recent.map((instance) => item(instance, siteRoot)));
  section.hidden = saved.length === 0;
}

/**
 * @param {SavedInstance} instance
 * @param {URL} siteRoot
 */
function item(instance, siteRoot) {
  const href = siteRoot.href + instancePath(instance.key);
  return element(
    "li",
    {},
    element("a", { href }, headingOf(instance, siteRoot)),
    element("span", {}, timeElement(instance.usedAt), isChanged(instance) ? " · edited" : ""),
  );
}

/** @param {number} count */
function remember(count) {
  try {
    localStorage.setItem(COUNT, String(count));
  } catch {
    // Without it the page moves a little when they appear.
  }
}
