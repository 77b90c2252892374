/**
 * Lists what a recipe wants installed and is not here yet.
 */

import { toWire } from "../../shared/errors.js";
import { REPOSITORY_HOST } from "../../shared/datasette-repository.js";
import { packagesOf } from "../../shared/recipe.js";
import { DEFAULT_INDEX, isRelease, parseRef, parseRequirement } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";
import { REF } from "./lock.js";

/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("./lock.js").Lock} Lock */
/** @typedef {import("../site-cache/site-settings.js").SiteSettings} SiteSettings */

/**
 * @param {import("../../shared/recipe.js").Recipe} recipe
 * @param {SiteSettings} settings
 * @param {string[]} [more]  requirements from elsewhere, such as an app's code
 * @returns {{items: ConsentItem[], problems: WireError[]}} each once, in the recipe's order; requests that
 *   cannot be read are problems
 */
export function requestsOf(recipe, { indexes, distribution, plugins }, more = []) {
  const { install, ref } = packagesOf(recipe);
  const native = distribution ? `, or ${new URL(distribution).host} for native code` : "";
  const from = indexes.map(inWords).join(" or ") + native;
  /** @type {Map<string, ConsentItem>} */
  const items = new Map();
  /** @type {WireError[]} */
  const problems = [];
  /** @param {string} text @param {() => ConsentItem | null} read */
  const add = (text, read) => {
    try {
      const item = read();
      if (item) items.set(requirementOf(item), item);
    } catch (error) {
      problems.push({ ...toWire(error), source: text });
    }
  };
  for (const text of [...install, ...more]) {
    add(text, () => {
      const requirement = parseRequirement(text, SITE_ROOT);
      if (requirement.kind === "address") {
        return { kind: "wheel", value: requirement.text, from: requirement.url.host };
      }
      // The site has it already, so nothing needs to be fetched.
      if (requirement.isBare && plugins.includes(requirement.name)) return null;
      return { kind: "plugin", value: requirement.text, from };
    });
  }
  if (ref) {
    add(REF + ref, () => {
      const value = parseRef(ref);
      return { kind: "datasette", value, from: isRelease(value) ? from : REPOSITORY_HOST };
    });
  }
  return { items: [...items.values()], problems };
}

/**
 * @param {string} index
 * @returns {string} where a package is from that this index has
 */
function inWords(index) {
  if (index === DEFAULT_INDEX) return "the package index";
  // The packages of the site's own apps are part of the site.
  return index.startsWith(`${SITE_ROOT.href}apps/`) ? "this site" : index;
}

/**
 * @param {ConsentItem} item  a request
 * @returns {string} its name in a lock
 */
export function requirementOf({ kind, value }) {
  return kind === "datasette" ? REF + value : value;
}

/**
 * @param {string} requirement  its name in a lock
 * @param {Lock | undefined} lock
 * @returns {boolean} whether it has yet to be fetched
 */
export function isNew(requirement, lock) {
  if (!lock) return true;
  if (Object.hasOwn(lock.failed, requirement)) return lock.failed[requirement].retry;
  return !Object.hasOwn(lock.asked, requirement) && !lock.removed.includes(requirement);
}
