/**
 * Finds out which packages the site's own package indexes have, before a page offers them.
 */

import { DEFAULT_INDEX, parseRequirement } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";

/** How many answers of an index are awaited at once. */
const AT_ONCE = 6;

/**
 * @param {string[]} indexes  absolute URLs, or DEFAULT_INDEX, which has everything that is offered
 * @param {string[]} requirements  such as "datasette-vega==0.6.2"
 * @returns {Promise<string[]>} those that an index has, or may have: it may be out of reach for now
 */
export async function servedBy(indexes, requirements) {
  if (indexes.includes(DEFAULT_INDEX)) return requirements;
  /** @type {Set<string>} */
  const served = new Set();
  const waiting = [...requirements];
  const askOneAfterTheOther = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      if (await isServed(indexes, next)) served.add(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOneAfterTheOther));
  return requirements.filter((one) => served.has(one));
}

/**
 * @param {string[]} indexes
 * @param {string} requirement
 * @returns {Promise<boolean>}
 */
async function isServed(indexes, requirement) {
  const { name } = parseRequirement(requirement, SITE_ROOT);
  const [, version = ""] = requirement.split("==");
  // Files are called datasette_vega-0.6.2-py3-none-any.whl.
  const file = `${name.replaceAll("-", "_")}-${version}`.toLowerCase();
  for (const index of indexes) {
    try {
      const answer = await fetch(`${index.replace(/\/*$/, "/")}${name}/`);
      if (!answer.ok) continue;
      const listed = (await answer.text()).toLowerCase();
      if (listed.includes(version ? `${file}-` : file)) return true;
    } catch {
      return true;
    }
  }
  return false;
}
