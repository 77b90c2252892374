/**
 * Finds out what a link to a workspace leaves out: what is only in this browser.
 */

import { packagesOf } from "../../shared/recipe.js";
import { listInstances, openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "../worker/ask-worker.js";
import { inWords } from "../ui/dom.js";

/** Names beyond this number are only counted. */
const MOST_NAMES = 4;

/**
 * @typedef {object} OnlyHere
 * @property {string[]} parts  as objects of a sentence: "your changes", "the file birds.csv"
 * @property {boolean} isSaved  whether there is a copy that can be exported
 */

/**
 * @param {string} key
 * @param {import("../../shared/recipe.js").Recipe} recipe
 * @returns {Promise<OnlyHere>}
 */
export async function onlyHere(key, recipe) {
  const [listing, plugins] = await Promise.all([saved(key), installed(key, recipe)]);
  const own = listing?.own ?? [];
  // A file that was added counts as a change, too.
  const isEdited = listing?.instance.edited === true && own.length === 0;
  return {
    parts: [
      ...(isEdited ? ["your changes to the data"] : []),
      ...(own.length > 0 ? [`${counted("the file", own)} and your changes to the data`] : []),
      ...(plugins.length > 0 ? [counted("the plugin", plugins)] : []),
    ],
    isSaved: listing !== undefined,
  };
}

/** @param {string} key */
async function saved(key) {
  try {
    const store = await openStore(SITE_ROOT);
    const listings = await listInstances(store);
    store.close();
    return listings.find(({ instance }) => instance.key === key);
  } catch {
    return undefined; // the notices say that nothing is saved here
  }
}

/**
 * @param {string} key
 * @param {import("../../shared/recipe.js").Recipe} recipe
 * @returns {Promise<string[]>} plugins that were installed here and that the link does not name
 */
async function installed(key, recipe) {
  const named = packagesOf(recipe).install;
  try {
    /** @type {import("../../shared/protocol.js").PluginList} */
    const { plugins } = await askWorker({ type: "plugins", key });
    return plugins
      .filter(
        ({ asked, from, requirement }) => asked && from !== "site" && !named.includes(requirement),
      )
      .map(({ name, requirement }) => name || requirement);
  } catch {
    return [];
  }
}

/**
 * @param {string} noun
 * @param {string[]} names
 */
function counted(noun, names) {
  if (names.length === 1) return `${noun} ${names[0]}`;
  if (names.length <= MOST_NAMES) return `${noun}s ${inWords(names)}`;
  return `${names.length} ${noun.replace(/^the /, "")}s`;
}
