/**
 * The recipe of an instance: the sources and options a link names, and its two written forms, the
 * launcher's link (/?csv=…#/data/table) and the key in an address (/app/@KEY/data/table).
 *
 * The key *is* the recipe, so an address works on a device that has never seen it. Fetching what a
 * recipe names is the worker's business.
 */

import { LiteError } from "./errors.js";
import { toFetchableUrl } from "./remote-urls.js";

/** Parameters that name a source, in the order in which they are opened. */
export const SOURCE_PARAMETERS = /** @type {const} */ (["url", "csv"]);

/** Parameters that are switched on by any value but 0, in canonical order. */
const SWITCHES = ["memory", "temporary"];

/** Datasette Lite's parameters that this version cannot serve yet: people are told, not ignored. */
const UNSERVED_PARAMETERS = ["json", "parquet", "sql", "metadata", "config", "install", "ref"];

/**
 * Name and value pairs in canonical order. A source's value is an absolute URL, or one relative to
 * the site's root for what the site itself holds.
 *
 * @typedef {Array<[name: string, value: string]>} Recipe
 */

/**
 * Read a launcher link.
 *
 * @param {string} href      absolute URL of the launcher with its query and hash
 * @param {URL} siteRoot
 * @returns {{recipe: Recipe, path: string, ignored: string[]}} `path` is relative to the instance;
 *   `ignored` names the parameters that this version cannot serve
 */
export function parseLink(href, siteRoot) {
  const { search, hash } = new URL(href);
  const parameters = queryPairs(search);
  /** @type {Recipe} */
  const recipe = [];
  for (const name of SOURCE_PARAMETERS) {
    for (const [parameter, value] of parameters) {
      if (parameter === name && value.trim() !== "") {
        recipe.push([name, canonicalUrl(value.trim(), siteRoot)]);
      }
    }
  }
  for (const name of SWITCHES) {
    if (parameters.some((pair) => pair[0] === name && !["", "0"].includes(pair[1]))) {
      recipe.push([name, "1"]);
    }
  }
  const ignored = UNSERVED_PARAMETERS.filter((name) => parameters.some(([n]) => n === name));
  return { recipe, path: hash.replace(/^#\/?/, ""), ignored };
}

/**
 * @param {Recipe} recipe
 * @returns {Recipe} what of it names a source
 */
export function sourcesOf(recipe) {
  const names = /** @type {readonly string[]} */ (SOURCE_PARAMETERS);
  return recipe.filter(([name]) => names.includes(name));
}

/**
 * @param {Recipe} recipe
 * @param {"memory" | "temporary"} name
 * @returns {boolean}
 */
export function isSwitchedOn(recipe, name) {
  return recipe.some((pair) => pair[0] === name);
}

/**
 * The launcher link for a recipe: the friendly form, for sharing.
 *
 * @param {Recipe} recipe
 * @param {string} path  relative to the instance, "" for its home page
 * @param {URL} siteRoot
 * @returns {string} absolute URL
 */
export function launcherLink(recipe, path, siteRoot) {
  const link = new URL(siteRoot);
  link.search = canonicalQuery(recipe);
  link.hash = path === "" ? "" : `#/${path}`;
  return link.href;
}

/**
 * @param {Recipe} recipe
 * @returns {string} URL-safe, "" for the empty recipe
 */
export function recipeToKey(recipe) {
  const bytes = new TextEncoder().encode(canonicalQuery(recipe));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * @param {string} key
 * @returns {Recipe}
 * @throws {LiteError} the key was cut off or mistyped
 */
export function keyToRecipe(key) {
  let query;
  try {
    const binary = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    query = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadableKey(key, cause);
  }
  /** @type {Recipe} */
  const recipe = [...new URLSearchParams(query)];
  const known = /** @type {string[]} */ ([...SOURCE_PARAMETERS, ...SWITCHES]);
  // Only the canonical form is accepted, so that one recipe has one key and one instance.
  if (!recipe.every(([name]) => known.includes(name)) || recipeToKey(recipe) !== key) {
    throw unreadableKey(key);
  }
  return recipe;
}

/**
 * @param {string} key
 * @param {unknown} [cause]
 */
function unreadableKey(key, cause) {
  const shown = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return new LiteError(`The part “@${shown}” of this address does not describe any data.`, {
    hint: "The address was probably cut off or mistyped. Copy it again as a whole, or start from the launcher.",
    cause,
  });
}

/** @param {Recipe} recipe */
function canonicalQuery(recipe) {
  return recipe.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

/**
 * Name and value pairs of a query string. A value that was pasted unescaped (it shows its own
 * "https://") keeps every %2F and + it has: decoding them would name another file.
 *
 * @param {string} search  with its question mark
 * @returns {Array<[string, string]>}
 */
function queryPairs(search) {
  return search
    .replace(/^\?/, "")
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [, name, value] = /** @type {RegExpExecArray} */ (/^([^=]*)=?(.*)$/s.exec(pair));
      const literal = /^https?:\/\//i.test(value);
      const kept = literal ? value.replace(/%(2F)/gi, "%25$1").replaceAll("+", "%2B") : value;
      return [decode(name), decode(kept)];
    });
}

/** @param {string} text */
function decode(text) {
  // URLSearchParams decodes as browsers do and, unlike decodeURIComponent, never throws.
  return new URLSearchParams(`x=${text}`).get("x") ?? "";
}

/**
 * @param {string} value  as the link gives it
 * @param {URL} siteRoot
 * @returns {string} absolute, or relative to the site's root for what the site itself holds
 */
function canonicalUrl(value, siteRoot) {
  const fetchable = toFetchableUrl(value);
  if (!URL.canParse(fetchable, siteRoot)) return fetchable;
  const { href } = new URL(fetchable, siteRoot);
  return href.startsWith(siteRoot.href) ? href.slice(siteRoot.href.length) : href;
}
