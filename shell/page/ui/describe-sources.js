/**
 * Says what a recipe opens, in words people recognise: the file's name and the host it comes from.
 *
 * Reads only the recipe. Whether those addresses hold anything is found out when they are opened.
 */

import { REPOSITORY_HOST } from "../../shared/datasette-repository.js";
import { isOption } from "../../shared/link-options.js";
import { appOf, isForOwnFiles, isSource, isWheel, withoutEmbedding } from "../../shared/recipe.js";
import { hasHidden, isRelease, refKind } from "../../shared/requirement.js";
import { element, inWords } from "./dom.js";

/** @typedef {import("../../shared/recipe.js").Recipe} Recipe */

/**
 * @typedef {object} SourceWords
 * @property {string} name  the file's name: "penguins.csv"
 * @property {string} kind  "SQLite database", "CSV file"
 * @property {string} from  the host it comes from, or "" if there is none
 */

/** Maps, since the parameters of an imported record can have any name, even “constructor”. */
const KINDS = new Map([
  ["url", "SQLite database"],
  ["sql", "SQL script"],
  ["csv", "CSV file"],
  ["json", "JSON file"],
  ["parquet", "Parquet file"],
  ["excel", "Excel file"],
  ["metadata", "Descriptions"],
  ["config", "Settings"],
  ["app", "App"],
  ["install", "Plugin"],
  ["ref", "Instead of this site’s version"],
]);

/** Where packages come from that have a name and no address. */
const INDEX = "the package index";

/** @type {Map<string, SourceWords>} what recipes contain besides sources */
const SWITCHES = new Map([
  ["memory", { name: "Memory", kind: "Empty database", from: "" }],
  ["temporary", { name: "Temporary", kind: "Nothing is saved", from: "" }],
  ["private", { name: "Private", kind: "Its pages cannot contact other sites", from: "" }],
  ["files", { name: "Your files", kind: "Only in this browser", from: "" }],
]);

/**
 * @param {Recipe} recipe
 * @param {URL} siteRoot
 * @returns {SourceWords[]}
 */
export function describeSources(recipe, siteRoot) {
  const isOwn = isForOwnFiles(recipe);
  return withoutEmbedding(recipe)
    .filter(([parameter]) => !isOption(parameter) && parameter !== "entry")
    .map(
      ([parameter, value]) =>
        SWITCHES.get(parameter) ?? {
          ...(describePackage(parameter, value, siteRoot) ?? describeAddress(value, siteRoot)),
          ...(isOwn && parameter === "app" && { from: "your computer" }),
          kind: kindInWords(parameter),
        },
    );
}

/**
 * @param {string} parameter
 * @param {string} value
 * @param {URL} siteRoot
 * @returns {{name: string, from: string} | null} null for a file at an address
 */
function describePackage(parameter, value, siteRoot) {
  if (parameter === "ref") {
    return { name: datasetteInWords(value), from: isRelease(value) ? INDEX : REPOSITORY_HOST };
  }
  if (parameter !== "install") return null;
  if (!isWheel(value)) return { name: value, from: INDEX };
  // A wheel may have its package's name before its address.
  return value.includes(" @ ") ? describeAddress(value.split(" @ ")[1], siteRoot) : null;
}

/**
 * @param {string} ref  a link's, as parseRef returns it
 * @returns {string} "Datasette 1.0a40", "Datasette, branch or tag main"
 */
export function datasetteInWords(ref) {
  switch (refKind(ref)) {
    case "pre":
      return "Datasette, newest pre-release";
    case "version":
      return `Datasette ${ref}`;
    case "commit":
      return `Datasette, commit ${ref}`;
    default:
      return `Datasette, branch or tag ${ref}`;
  }
}

/**
 * @param {string} file  such as datasette_cluster_map-0.18-py3-none-any.whl
 * @returns {string} "datasette-cluster-map 0.18", or the file's name where it has another form
 */
function wheelName(file) {
  const match = /^([^-]+)-([^-]+)-.*\.whl$/.exec(file);
  return match ? `${match[1].replaceAll("_", "-")} ${match[2]}` : file;
}

/**
 * @param {SourceWords} source
 * @returns {HTMLLIElement}
 */
export function sourceItem({ name, kind, from }) {
  const origin = from === "" || from === name ? "" : `from ${from}`;
  return element(
    "li",
    {},
    element("strong", {}, name),
    " ",
    element("span", { class: "from" }, origin),
    " ",
    element("span", { class: "kind" }, kind),
  );
}

/**
 * @param {string} parameter  the name of a source's query parameter
 * @returns {string}
 */
export function kindInWords(parameter) {
  return KINDS.get(parameter) ?? parameter;
}

/**
 * @param {string} address  absolute, or relative to the site's root
 * @param {URL} siteRoot
 * @returns {{name: string, from: string}}
 */
export function describeAddress(address, siteRoot) {
  if (!URL.canParse(address, siteRoot)) return { name: address, from: "" };
  const url = new URL(address, siteRoot);
  const segment = url.pathname.split("/").findLast((part) => part !== "") ?? "";
  const here = url.href.startsWith(siteRoot.href);
  return { name: wheelName(unescaped(segment)) || url.host, from: here ? "this site" : url.host };
}

/**
 * The recipe as the object of a sentence: "Opening …".
 *
 * @param {Recipe} recipe
 * @param {URL} siteRoot
 * @returns {string}
 */
export function recipeInWords(recipe, siteRoot) {
  const app = appOf(recipe);
  if (app) return describeAddress(app.code, siteRoot).name;
  if (isForOwnFiles(recipe)) return "files from your computer";
  const names = recipe
    .filter(([parameter]) => isSource(parameter) || parameter === "memory")
    .map(([parameter, value]) =>
      parameter === "memory" ? "an empty database" : describeAddress(value, siteRoot).name,
    );
  if (names.length === 0) return "this site’s data";
  return names.length <= 3 ? inWords(names) : `${names[0]} and ${names.length - 1} more`;
}

/**
 * @param {string} segment  of a path
 * @returns {string} as people write it; unchanged if its escapes are broken or it would look like another
 */
function unescaped(segment) {
  try {
    const text = decodeURIComponent(segment);
    return hasHidden(text) ? segment : text;
  } catch {
    return segment;
  }
}
