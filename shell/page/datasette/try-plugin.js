/**
 * Offers to try an installed plugin: on this workspace, on others that are saved, and on the site's own data.
 *
 * A plugin is installed in one workspace, so for another one this leads to its page “Plugins”, with the plugin
 * already searched for.
 */

import { instancePath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { lastUsed, readSaved } from "../saved/last-used.js";
import { element } from "../ui/dom.js";
import { headingOf } from "../ui/workspace-name.js";

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
  const saved = await readSaved(SITE_ROOT);
  const others = saved.filter((one) => one.key !== "" && one.key !== key);
  return [...(key === "" ? [] : [{ key: "" }]), ...lastUsed(others, MOST)];
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
