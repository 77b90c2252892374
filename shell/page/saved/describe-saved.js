/**
 * Puts a saved instance into words: its name, where its data came from, its databases.
 */

import { keyToRecipe } from "../../shared/recipe.js";
import { DATABASES, SET_ASIDE } from "../../shared/saved-store.js";
import { describeSources, recipeInWords } from "../ui/describe-sources.js";
import { inWords } from "../ui/dom.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/saved-store.js").Listing} Listing */

const SUFFIX = ".db";

/**
 * @param {string} key
 * @param {URL} siteRoot
 * @returns {string}
 */
export function nameOf(key, siteRoot) {
  const recipe = recipeOf(key);
  return recipe ? recipeInWords(recipe, siteRoot) : "data from another version of this site";
}

/** Names beyond this number are only counted. */
const MOST_NAMES = 3;

/**
 * @param {string[]} keys
 * @param {URL} siteRoot
 * @returns {string} a list as part of a sentence
 */
export function namesOf(keys, siteRoot) {
  const names = keys.map((key) => nameOf(key, siteRoot));
  if (names.length > MOST_NAMES) return `${names.length} instances`;
  // A single name may itself be a list.
  return names.length === 1 ? names[0] : inWords(names.map((name) => `“${name}”`));
}

/**
 * @param {string} text
 * @returns {string} capitalised like a heading or a sentence; names of files are unchanged
 */
export function capitalised(text) {
  return /^(this|an|data|files) /.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
}

/**
 * @param {SavedInstance} instance
 * @param {URL} siteRoot
 * @returns {import("../ui/describe-sources.js").SourceWords[]}
 */
export function sourcesOfSaved({ key, sources }, siteRoot) {
  if (sources.length === 0) return describeSources(recipeOf(key) ?? [], siteRoot);
  return describeSources(
    sources.map(({ parameter, url }) => [parameter, url]),
    siteRoot,
  );
}

/**
 * @param {Listing["files"]} files
 * @returns {Array<{name: string, path: string, size: number}>}
 */
export function databasesAmong(files) {
  return [DATABASES, SET_ASIDE].flatMap((folder) =>
    files
      .filter(({ path }) => path.startsWith(folder) && path.endsWith(SUFFIX))
      .map(({ path, size }) => ({ name: path.slice(folder.length, -SUFFIX.length), path, size })),
  );
}

/**
 * @param {string} key
 * @returns {import("../../shared/recipe.js").Recipe | undefined} undefined if it cannot be read
 */
function recipeOf(key) {
  try {
    return key === "" ? [] : keyToRecipe(key);
  } catch {
    return undefined;
  }
}
