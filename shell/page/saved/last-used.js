/**
 * Reads which workspaces are saved, and finds those that the person used last.
 */

import { embedding } from "../../shared/recipe.js";
import { readableRecord } from "../../shared/saved-record.js";
import { openStore } from "../../shared/saved-store.js";
import { recipeOf } from "../ui/workspace-name.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * @param {URL} siteRoot
 * @returns {Promise<SavedInstance[]>} none where nothing can be saved, which other pages report
 */
export async function readSaved(siteRoot) {
  try {
    const store = await openStore(siteRoot);
    const stored = await store.getAll("instances");
    store.close();
    return stored.map((one) => readableRecord(one).record);
  } catch {
    return [];
  }
}

/**
 * @param {SavedInstance[]} saved
 * @param {number} most
 * @returns {SavedInstance[]} the last used one first; none that is a part of another page
 */
export function lastUsed(saved, most) {
  return saved
    .filter(hasPages)
    .sort((a, b) => b.usedAt - a.usedAt)
    .slice(0, most);
}

/** @param {SavedInstance} instance */
function hasPages({ key }) {
  const recipe = recipeOf(key);
  return recipe !== undefined && embedding(recipe) === undefined;
}
