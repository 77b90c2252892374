/**
 * What a workspace is called: by its title, or by what its link opens.
 */

import { keyToRecipe } from "../../shared/recipe.js";
import { recipeInWords } from "./describe-sources.js";
import { inWords } from "./dom.js";

/** Names beyond this number are only counted. */
const MOST_NAMES = 3;

/**
 * @param {{key: string, title?: string}} workspace
 * @param {URL} siteRoot
 * @returns {string} its title; without one, a description that completes a sentence such as “Delete …”
 */
export function nameOf({ key, title }, siteRoot) {
  if (title) return title;
  const recipe = recipeOf(key);
  return recipe ? recipeInWords(recipe, siteRoot) : "data from another version of this site";
}

/**
 * @param {Array<{key: string, title?: string}>} workspaces
 * @param {URL} siteRoot
 * @returns {string} a list as part of a sentence
 */
export function namesOf(workspaces, siteRoot) {
  const names = workspaces.map((workspace) => nameOf(workspace, siteRoot));
  if (names.length > MOST_NAMES) return `${names.length} workspaces`;
  // A single name may itself be a list.
  return names.length === 1 ? names[0] : inWords(names.map((name) => `“${name}”`));
}

/**
 * @param {{key: string, title?: string}} workspace
 * @param {URL} siteRoot
 * @returns {string} as a heading
 */
export function headingOf(workspace, siteRoot) {
  const name = nameOf(workspace, siteRoot);
  // Names of files, and those that people gave, keep their first letter.
  return !workspace.title && /^(this|an|data|files) /.test(name)
    ? name[0].toUpperCase() + name.slice(1)
    : name;
}

/**
 * @param {string[]} files  names
 * @returns {string} a title for a workspace made of them: "birds", "birds and shop", "birds and 3 more"
 */
export function titleOfFiles(files) {
  const names = [...new Set(files.map((file) => withoutSuffix(file) || file))];
  if (names.length === 0) return "";
  return names.length <= 2 ? inWords(names) : `${names[0]} and ${names.length - 1} more`;
}

/** @param {string} file */
function withoutSuffix(file) {
  return file.replace(
    /(\.(gz|bz2|xz|zst|zip))?\.\w{1,8}$|\.tar\.\w+$|\.\w{1,8}\.(gz|bz2|xz|zst|zip)$/i,
    "",
  );
}

/**
 * @param {string} key
 * @returns {import("../../shared/recipe.js").Recipe | undefined} undefined if it cannot be read
 */
export function recipeOf(key) {
  try {
    return key === "" ? [] : keyToRecipe(key);
  } catch {
    return undefined;
  }
}
