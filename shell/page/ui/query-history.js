/**
 * Remembers the queries that people ran in each workspace, in the browser's local storage. They are not part of
 * the workspace: running a query must not make it one that was changed.
 */

import { isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";

/** Queries that a workspace keeps, and the characters of all of them together. */
const MOST = 50;
const MOST_CHARACTERS = 100_000;

/**
 * @typedef {object} PastQuery
 * @property {string} database
 * @property {string} sql
 * @property {string} search  the query string of its page, with the values of its parameters
 * @property {number} at      when it was last run, in ms since 1970
 */

/**
 * @param {string} key  of the workspace
 * @returns {PastQuery[]} the last one first
 */
export function pastQueries(key) {
  try {
    const found = JSON.parse(localStorage.getItem(nameOf(key)) ?? "[]");
    return Array.isArray(found) ? found.filter(isPastQuery) : [];
  } catch {
    return []; // storage is denied, or holds something else
  }
}

/**
 * @param {string} key
 * @param {PastQuery} query
 */
export function rememberQuery(key, query) {
  // Nothing of a temporary workspace is saved.
  if (key !== "" && isSwitchedOn(keyToRecipe(key), "temporary")) return;
  const others = pastQueries(key).filter(
    ({ database, search }) => database !== query.database || search !== query.search,
  );
  const queries = [query, ...others].slice(0, MOST);
  while (queries.length > 1 && JSON.stringify(queries).length > MOST_CHARACTERS) queries.pop();
  try {
    localStorage.setItem(nameOf(key), JSON.stringify(queries));
  } catch {
    // Storage is full or denied: the query itself ran.
  }
}

/** @param {string} key  of a workspace */
export function forgetQueries(key) {
  try {
    localStorage.removeItem(nameOf(key));
  } catch {
    // There is nothing to forget.
  }
}

/** @param {string} key */
function nameOf(key) {
  return `datasette-lite ${SITE_ROOT.pathname} queries ${key}`;
}

/**
 * @param {any} value
 * @returns {value is PastQuery}
 */
function isPastQuery(value) {
  return (
    ["database", "sql", "search"].every((name) => typeof value?.[name] === "string") &&
    Number.isFinite(value.at)
  );
}
