/**
 * Turns the attributes of <datasette-lite> into the launcher link that its frame opens.
 */

import { isOption, OPTIONS } from "../shared/link-options.js";
import { SETTINGS, SOURCE_PARAMETERS, SWITCHES } from "../shared/parameters.js";

/** Parameters with several values: addresses, or the names of packages. */
const LISTS = [...SOURCE_PARAMETERS, ...SETTINGS, "install"];

/** Those of LISTS that are addresses relative to the page. */
const ADDRESSES = /** @type {readonly string[]} */ ([...SOURCE_PARAMETERS, ...SETTINGS]);

/** Options for all sources. `hidden` has another meaning in HTML. */
const COMMON = OPTIONS.filter((name) => name !== "hidden");

/** Attributes that say what is opened. */
export const LINK_ATTRIBUTES = [...LISTS, "ref", ...SWITCHES, ...COMMON, "editable", "link"];

/** @typedef {Array<[name: string, value: string]>} Pairs */

/**
 * The parameters that attributes stand for.
 *
 * @param {(name: string) => string | null} attribute  returns an attribute's value, null if it is absent
 * @param {string} base  address of the page that the element is on
 * @returns {Pairs} in the order of a link: options for all sources come before the sources
 */
export function parametersOf(attribute, base) {
  /** @type {Pairs} */
  const options = COMMON.flatMap((name) => pairIf(name, attribute(name)));
  const lists = LISTS.flatMap((name) =>
    wordsOf(attribute(name)).map(
      (value) => /** @type {Pairs[number]} */ ([name, resolved(name, value, base)]),
    ),
  );
  const ref = pairIf("ref", attribute("ref"));
  const switches = SWITCHES.filter((name) => isOn(attribute(name))).map(
    (name) => /** @type {Pairs[number]} */ ([name, "1"]),
  );
  return [...options, ...linked(attribute("link"), base), ...lists, ...ref, ...switches];
}

/**
 * @param {Pairs} parameters
 * @param {string} path  within the workspace, with or without its first slash
 * @param {object} about
 * @param {string} about.siteRoot  address
 * @param {"read" | "edit" | undefined} about.embedding  undefined for a link that opens a tab
 * @param {string} [about.inline]  data in the link itself (shared/inline-data.js)
 * @returns {string} address
 */
export function linkOf(parameters, path, { siteRoot, embedding, inline = "" }) {
  const pairs = [...parameters];
  if (embedding) pairs.push(["embed", embedding === "edit" ? "edit" : "1"]);
  const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `${siteRoot}${query && "?"}${query}#${inline}/${path.replace(/^\/+/, "")}`;
}

/**
 * Pass parameters of the page around the embed on to the page inside: `?species=Adelie` of a handbook
 * becomes a filter of its table.
 *
 * @param {string} path  within the workspace
 * @param {string | null} names  those to pass on, separated by blanks or commas; "" or "true": all; null or
 *   "false": none
 * @param {string} search  of the page: "?a=1&b=2"
 * @returns {string} path
 */
export function withSearchParams(path, names, search) {
  if (names === null || (names.trim() !== "" && !isOn(names))) return path;
  const wanted = names.split(/[\s,]+/).filter((name) => name !== "");
  const isAll = wanted.length === 0 || /^(true|1|yes)$/i.test(names.trim());
  const passed = [...new URLSearchParams(search)].filter(
    ([name]) => isAll || wanted.includes(name),
  );
  if (passed.length === 0) return path;
  return path + (path.includes("?") ? "&" : "?") + new URLSearchParams(passed);
}

/**
 * @param {string | null} value
 * @returns {boolean} whether a switch with this value is on
 */
export function isOn(value) {
  return value !== null && !["0", "false", "no"].includes(value.trim().toLowerCase());
}

/**
 * The parameters of a launcher link: `?csv=a.csv&pk=id`, or a whole address of the launcher.
 *
 * @param {string | null} link
 * @param {string} base
 * @returns {Pairs}
 */
function linked(link, base) {
  if (!link) return [];
  const query = link.replace(/#.*$/s, "").replace(/^[^?]*\??/, "");
  return [...new URLSearchParams(query)]
    .filter(([name, value]) => value !== "" && (LISTS.includes(name) || isKnown(name)))
    .map(([name, value]) => [name, resolved(name, value, base)]);
}

/** @param {string} name */
function isKnown(name) {
  return (
    name === "ref" || isOption(name) || /** @type {readonly string[]} */ (SWITCHES).includes(name)
  );
}

/**
 * @param {string} name
 * @param {string | null} value
 * @returns {Pairs}
 */
function pairIf(name, value) {
  return value ? [[name, value]] : [];
}

/**
 * @param {string | null} value
 * @returns {string[]}
 */
function wordsOf(value) {
  return (value ?? "").split(/\s+/).filter((word) => word !== "");
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} base
 * @returns {string} an absolute address, since the site is elsewhere
 */
function resolved(name, value, base) {
  const isAddress =
    ADDRESSES.includes(name) || (name === "install" && /\.whl(?:[?#]|$)/i.test(value));
  return isAddress && URL.canParse(value, base) ? new URL(value, base).href : value;
}
