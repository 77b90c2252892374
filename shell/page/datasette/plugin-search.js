/**
 * Reads what somebody who looks for a plugin has typed: words to search the catalogue for, a package's
 * name, or the address of a wheel. Nothing here looks at the page or the network.
 */

import { isWheel } from "../../shared/recipe.js";
import { canonicalName, parseRequirement } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @param {string} typed
 * @returns {string | null} what to install, or null if it can be neither a package nor a wheel
 */
export function requirementIn(typed) {
  try {
    const requirement = parseRequirement(typed, SITE_ROOT);
    // The site's own wheels have no addresses that a person would type.
    const isRelative = requirement.kind === "address" && !typed.includes("://");
    return isRelative ? null : requirement.text;
  } catch {
    return null;
  }
}

/**
 * @param {string} requirement
 * @returns {string} the name of its package, as indexes compare them: "datasette-x"; "" for a wheel
 */
export function packageName(requirement) {
  if (isWheel(requirement)) return "";
  const [name] = /^[\w.-]*[a-z0-9]/i.exec(requirement) ?? [""];
  return canonicalName(name);
}

/**
 * @param {string} requirement
 * @returns {string} the version it requires, if only one will do: "1.0" of “datasette-x==1.0”
 */
export function exactVersion(requirement) {
  return /^[^,<>~!]*==\s*([^,*\s]+)$/.exec(requirement)?.[1] ?? "";
}

/**
 * @param {string} typed
 * @param {string} text  of an entry of the catalogue: name, title, what it does
 * @returns {boolean} whether it contains all the words
 */
export function isFound(typed, text) {
  const lower = text.toLowerCase();
  // “datasette-vega==1.0” should find datasette-vega.
  const words = typed.toLowerCase().split(/[\s]+|[=<>~!,].*$/);
  return words.every((word) => lower.includes(word));
}
