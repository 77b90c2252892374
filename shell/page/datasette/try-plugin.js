/**
 * Offers to try an installed plugin: on this workspace, on others that are saved, and on the site's own data.
 *
 * A plugin is installed in one workspace, so for another one this leads to its page “Plugins”, with the plugin
 * already searched for.
 */

import { instancePath } from "../../shared/paths.js";
import { embedding } from "../../shared/recipe.js";
import { readableRecord } from "../../shared/saved-record.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { element } from "../ui/dom.js";
import { headingOf, recipeOf } from "../ui/workspace-name.js";

/** How many of the person's workspaces are offered, the last used ones. */
const MOST = 5;

/** Parameter of the page “Plugins”: what to search for. */
export const WANTED = "wanted";

/**
 * @param {string} key   of the workspace that has it
 * @param {string} home  address of the page to try it on there
 * @param {string} name  of the plugin
 * @param {string} requirement  with which it was installed
 * @returns {HTMLElement}
 */
export function tryItOn(key, home, name, requirement) {
  const list = element("ul", {}, choice(home, "This workspace"));
  const details = element(
    "details",
    {},
    element("summary", { "aria-label": `Try it on: ${name}` }, "Try it on…"),
    list,
  );
  const fill = async () => {
    const others = await otherWorkspaces(key);
    list.append(
      ...others.map((other) =>
        choice(addressIn(other.key, requirement), headingOf(other, SITE_ROOT)),
      ),
    );
  };
  details.addEventListener("toggle", () => void fill(), { once: true });
  return details;
}

/**
 * @param {string} key
 * @returns {Promise<Array<{key: string, title?: string}>>} of others: the site's own data first
 */
async function otherWorkspaces(key) {
  /** @type {import("../../shared/saved-store.js").SavedInstance[]} */
  let saved = [];
  try {
    const store = await openStore(SITE_ROOT);
    saved = (await store.getAll("instances")).map((one) => readableRecord(one).record);
    store.close();
  } catch {
    // The site's own data can be tried all the same.
  }
  const own = saved
    .filter((one) => one.key !== "" && one.key !== key && isPersons(one.key))
    .sort((a, b) => b.usedAt - a.usedAt)
    .slice(0, MOST);
  return [...(key === "" ? [] : [{ key: "" }]), ...own];
}

/** @param {string} key */
function isPersons(key) {
  const recipe = recipeOf(key);
  return recipe !== undefined && embedding(recipe) === undefined;
}

/**
 * @param {string} key
 * @param {string} requirement
 */
function addressIn(key, requirement) {
  const query = new URLSearchParams({ [WANTED]: requirement });
  return `${SITE_ROOT.href}${instancePath(key)}-/install?${query}`;
}

/**
 * @param {string} href
 * @param {string} words
 */
function choice(href, words) {
  return element("li", {}, element("a", { href }, words));
}
