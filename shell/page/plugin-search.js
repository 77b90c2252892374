/**
 * What somebody who looks for a plugin has typed: words to search the catalogue for, or a package by
 * its name, or the address of a wheel. Nothing here looks at the page or the network.
 */

import { isWheel } from "../shared/recipe.js";

/** A package's name with a version or range, as the packaging standards write them (PEP 508). */
const REQUIREMENT =
  /^([a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])(\[[\w.,\s-]*\])?\s*((==|>=|<=|~=|!=|<|>)\s*[\w.*+!-]+(\s*,\s*)?)*$/i;

/**
 * @param {string} typed
 * @returns {string | null} what to install, or null for what can be neither a package nor a wheel
 */
export function requirementIn(typed) {
  const text = typed.trim();
  if (isWheel(text))
    return URL.canParse(text) && /\.whl$/i.test(new URL(text).pathname) ? text : null;
  return REQUIREMENT.test(text) ? text.replaceAll(/\s/g, "") : null;
}

/**
 * @param {string} requirement
 * @returns {string} the name of its package, as indexes compare them: "datasette-x"; "" for a wheel
 */
export function packageName(requirement) {
  if (isWheel(requirement)) return "";
  const [name] = /^[\w.-]*[a-z0-9]/i.exec(requirement) ?? [""];
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/**
 * @param {string} requirement
 * @returns {string} the version that it asks for, if it leaves no choice: "1.0" of “datasette-x==1.0”
 */
export function exactVersion(requirement) {
  return /^[^,<>~!]*==\s*([^,*\s]+)$/.exec(requirement)?.[1] ?? "";
}

/**
 * @param {string} typed
 * @param {string} text  of an entry of the catalogue: name, title, what it does
 * @returns {boolean} whether all words are in it
 */
export function isFound(typed, text) {
  const lower = text.toLowerCase();
  // “datasette-vega==1.0” is to find datasette-vega.
  const words = typed.toLowerCase().split(/[\s]+|[=<>~!,].*$/);
  return words.every((word) => lower.includes(word));
}
