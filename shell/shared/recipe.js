/**
 * Reads and writes the recipe of an instance: the sources and options that a link names. It has two
 * forms, the launcher's link (/?csv=…#/data/table) and the key in an address (/app/@KEY/data/table).
 *
 * The key *is* the recipe, so an address works on a device that has never seen it. The worker fetches the
 * sources.
 */

import { fromBase64Url, toBase64Url } from "./base64url.js";
import { LiteError } from "./errors.js";
import { isOption, optionPairs, optionsOf } from "./link-options.js";
import { SETTINGS, SOURCE_PARAMETERS, SWITCHES } from "./parameters.js";
import { toFetchableUrl } from "./remote-urls.js";
import { parseRequirement } from "./requirement.js";

/**
 * The parameter of a workspace for files from a person's own computer. Its value is random and only
 * keeps other sites from knowing the workspace's address.
 */
const OWN_FILES = "files";

/**
 * The parameter of a workspace that is shown inside another page: "1" to read, "edit" to change as well.
 * It separates the workspace from that of the same link in a tab, so people's data there is never part
 * of it.
 */
const EMBED = "embed";

/** The address of an app's code, which runs instead of Datasette. */
const APP = "app";

/** Names the application in the app's code: "module:attribute". */
const ENTRY = "entry";

/** 128 random bits in base64url; the last character has only 2 of them. */
const RANDOM_KEY = /^[\w-]{21}[AQgw]$/;

/**
 * Name and value pairs in canonical order. A source's value is an absolute URL, or one relative to
 * the site's root for the site's own files. A source's options follow it.
 *
 * @typedef {Array<[name: string, value: string]>} Recipe
 */

/** @typedef {import("./link-options.js").ImportOptions} ImportOptions */

/**
 * @typedef {object} RecipeSource
 * @property {string} parameter
 * @property {string} value
 * @property {ImportOptions} options
 */

/**
 * Read a launcher link.
 *
 * @param {string} href      absolute URL of the launcher with its query and hash
 * @param {URL} siteRoot
 * @returns {{recipe: Recipe, path: string}} `path` is relative to the instance
 */
export function parseLink(href, siteRoot) {
  const { search, hash } = new URL(href);
  const parameters = queryPairs(search);
  /** @type {Recipe} */
  const pairs = parameters
    .map(([name, value]) => /** @type {[string, string]} */ ([name, value.trim()]))
    .filter(([, value]) => value !== "")
    .map(([name, value]) => {
      if (name === "install") return [name, canonicalRequirement(value, siteRoot)];
      const isAddress = isSource(name) || isSetting(name) || name === APP;
      return [name, isAddress ? canonicalUrl(value, siteRoot) : value];
    });
  return { recipe: canonical(pairs), path: hash.replace(/^#\/?/, "") };
}

/**
 * @param {Recipe} pairs  in any order, of any parameters
 * @returns {Recipe}
 */
function canonical(pairs) {
  const sources = sourcesOf(pairs);
  // Without a source an option has no meaning.
  const opened = SOURCE_PARAMETERS.flatMap((name) =>
    sources.filter(({ parameter }) => parameter === name).flatMap(pairsOf),
  );
  const settings = SETTINGS.flatMap((name) => pairs.filter((pair) => pair[0] === name));
  const app = pairs.find((pair) => pair[0] === APP);
  const entry = pairs.findLast((pair) => pair[0] === ENTRY);
  /** @type {Recipe} */
  const code = app ? [app, ...(entry ? [entry] : [])] : [];
  const installs = pairs.filter((pair) => pair[0] === "install");
  // Each package only once.
  const packages = [...new Map(installs.map((pair) => [pair[1], pair])).values()];
  const ref = pairs.findLast((pair) => pair[0] === "ref");
  const switches = SWITCHES.filter((name) =>
    pairs.some((pair) => pair[0] === name && !["", "0"].includes(pair[1])),
  );
  const own = pairs.find((pair) => pair[0] === OWN_FILES && RANDOM_KEY.test(pair[1]));
  const embed = pairs.findLast(([name, value]) => name === EMBED && value !== "0");
  /** @type {Recipe} */
  const embedded = embed ? [[EMBED, embed[1] === "edit" ? "edit" : "1"]] : [];
  const more = [...(ref ? [ref] : []), ...switches.map(on), ...(own ? [own] : []), ...embedded];
  return [...opened, ...settings, ...code, ...packages, ...more];
}

/**
 * @param {string} name
 * @returns {[string, string]}
 */
function on(name) {
  return [name, "1"];
}

/**
 * The sources of a recipe, each with its options. An option belongs to the source before it; one before
 * the first source belongs to all.
 *
 * @param {Recipe} recipe
 * @returns {RecipeSource[]}
 */
export function sourcesOf(recipe) {
  /** @type {Recipe} */
  const ofAll = [];
  /** @type {Array<{parameter: string, value: string, said: Recipe}>} */
  const sources = [];
  for (const [name, value] of recipe) {
    if (isSource(name)) sources.push({ parameter: name, value, said: [] });
    else if (isOption(name)) (sources.at(-1)?.said ?? ofAll).push([name, value]);
  }
  return sources.map(({ parameter, value, said }) => ({
    parameter,
    value,
    options: optionsOf([...ofAll, ...said]),
  }));
}

/**
 * The reverse of sourcesOf; options that a link cannot have are left out.
 *
 * @param {RecipeSource[]} sources
 * @returns {Recipe}
 */
export function recipeOf(sources) {
  return canonical(sources.flatMap(pairsOf));
}

/**
 * @param {RecipeSource} source
 * @returns {Recipe}
 */
function pairsOf({ parameter, value, options }) {
  return [[parameter, value], ...optionPairs(options)];
}

/**
 * The files about the data that a recipe names.
 *
 * @param {Recipe} recipe
 * @returns {RecipeSource[]}
 */
export function settingsOf(recipe) {
  return recipe
    .filter(([name]) => isSetting(name))
    .map(([parameter, value]) => ({ parameter, value, options: {} }));
}

/**
 * The Python packages that a recipe requests.
 *
 * @param {Recipe} recipe
 * @returns {{install: string[], ref: string}} requirements or addresses of wheels; ref is "pre", a
 *   version of Datasette, or "" for the site's
 */
export function packagesOf(recipe) {
  return {
    install: recipe.filter(([name]) => name === "install").map(([, value]) => value),
    ref: recipe.find(([name]) => name === "ref")?.[1] ?? "",
  };
}

/**
 * The app that a recipe runs instead of Datasette.
 *
 * @param {Recipe} recipe
 * @returns {{code: string, entry: string} | undefined} the address of its code (only a name if it is a
 *   person's own file), and "module:attribute" or ""; undefined for Datasette
 */
export function appOf(recipe) {
  const code = recipe.find(([name]) => name === APP)?.[1];
  const entry = recipe.find(([name]) => name === ENTRY)?.[1] ?? "";
  return code === undefined ? undefined : { code, entry };
}

/**
 * @param {string} key
 * @returns {boolean} whether it is that of an app; false for a key that means nothing
 */
export function isOfApp(key) {
  try {
    return key !== "" && appOf(keyToRecipe(key)) !== undefined;
  } catch {
    return false;
  }
}

/**
 * @param {string} requirement
 * @returns {boolean} whether it is the address of a wheel rather than the name of a package
 */
export function isWheel(requirement) {
  return /^https?:\/\//i.test(requirement) || /\.whl(?:[?#]|$)/i.test(requirement);
}

/** @param {string} name */
export function isSource(name) {
  return /** @type {readonly string[]} */ (SOURCE_PARAMETERS).includes(name);
}

/** @param {string} name */
function isSetting(name) {
  return /** @type {readonly string[]} */ (SETTINGS).includes(name);
}

/**
 * @param {Recipe} recipe
 * @param {"memory" | "temporary" | "private"} name
 * @returns {boolean}
 */
export function isSwitchedOn(recipe, name) {
  return recipe.some((pair) => pair[0] === name);
}

/**
 * @param {Recipe} recipe
 * @returns {"read" | "edit" | undefined} what the page around a workspace lets people do; undefined for
 *   a workspace that is not embedded
 */
export function embedding(recipe) {
  const embed = recipe.find(([name]) => name === EMBED);
  return embed && (embed[1] === "edit" ? "edit" : "read");
}

/**
 * @param {string} key
 * @returns {ReturnType<typeof embedding>} also undefined for a key that means nothing
 */
export function embeddingOf(key) {
  try {
    return key === "" ? undefined : embedding(keyToRecipe(key));
  } catch {
    return undefined;
  }
}

/**
 * @param {Recipe} recipe
 * @returns {Recipe} of the same data, to be opened in a tab
 */
export function withoutEmbedding(recipe) {
  return recipe.filter(([name]) => name !== EMBED);
}

/** @returns {string} a key that cannot be guessed, for a new workspace for a person's own files */
export function newKeyForOwnFiles() {
  return recipeToKey([ownFiles()]);
}

/**
 * @param {string} name   of the file that its code is in
 * @param {string} entry  as in a link
 * @returns {string} a key that cannot be guessed, for a new workspace of a person's own app
 */
export function newKeyForOwnApp(name, entry) {
  return recipeToKey([
    [APP, name],
    ...(entry ? [/** @type {[string, string]} */ ([ENTRY, entry])] : []),
    ownFiles(),
  ]);
}

/** @returns {[string, string]} the parameter of a person's own files, with a new value */
function ownFiles() {
  return [OWN_FILES, toBase64Url(crypto.getRandomValues(new Uint8Array(16)))];
}

/**
 * @param {Recipe} recipe
 * @returns {boolean} whether it is that of a workspace for a person's own files
 */
export function isForOwnFiles(recipe) {
  return recipe.some(([name]) => name === OWN_FILES);
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
  return toBase64Url(new TextEncoder().encode(canonicalQuery(recipe)));
}

/**
 * @param {string} key
 * @returns {Recipe}
 * @throws {LiteError} the key was cut off or mistyped
 */
export function keyToRecipe(key) {
  let query;
  try {
    query = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(key));
  } catch (cause) {
    throw unreadableKey(key, cause);
  }
  /** @type {Recipe} */
  const recipe = [...new URLSearchParams(query)];
  // Only the canonical form is accepted, so that one recipe has one key and one instance.
  const isCanonical = recipe.every(([, value]) => value !== "");
  if (!isCanonical || recipeToKey(canonical(recipe)) !== key) throw unreadableKey(key);
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
 * Name and value pairs of a query string. A value that was pasted unescaped (it contains a literal
 * "https://") keeps every %2F and +: decoding them would name another file.
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
 * @returns {string} absolute, or relative to the site's root for the site's own files
 */
function canonicalUrl(value, siteRoot) {
  const fetchable = toFetchableUrl(value);
  if (!URL.canParse(fetchable, siteRoot)) return fetchable;
  const { href } = new URL(fetchable, siteRoot);
  return href.startsWith(siteRoot.href) ? href.slice(siteRoot.href.length) : href;
}

/**
 * @param {string} value  as the link gives it
 * @param {URL} siteRoot
 * @returns {string} as it will be shown and fetched; unreadable text stays as it is and is reported later
 */
function canonicalRequirement(value, siteRoot) {
  try {
    const requirement = parseRequirement(toFetchableUrl(value), siteRoot);
    const isAddress = requirement.kind === "address" && requirement.name === "";
    return isAddress ? canonicalUrl(requirement.text, siteRoot) : requirement.text;
  } catch {
    return value;
  }
}
