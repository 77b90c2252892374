/**
 * Code that a link brings, in words: what it is called, what it is, where it is from.
 *
 * For the page that asks for consent. It reads what the worker lists (shared/protocol.js) and fetches
 * nothing: that is the point of asking first.
 */

import { inWords } from "./dom.js";
import { describeAddress } from "./describe-sources.js";

/** @typedef {"plugin" | "wheel" | "datasette" | "metadata" | "config"} CodeKind */

/**
 * @typedef {object} CodeItem  as the worker lists it
 * @property {CodeKind} kind
 * @property {string} value    a requirement, a version of Datasette, or an address
 * @property {string} from     the host or index that it comes from
 */

/**
 * @typedef {object} CodeWords
 * @property {string} name
 * @property {string} what     "Plugin from the package index"
 * @property {string} address  in full, where it has one of its own; else ""
 */

/** @type {Record<CodeKind, string>} */
const WHAT = {
  plugin: "Plugin",
  wheel: "Plugin",
  datasette: "Another version than this site’s,",
  metadata: "Descriptions with HTML or scripts in them,",
  config: "Settings with HTML or scripts in them,",
};

/**
 * @param {CodeItem} item
 * @param {URL} siteRoot
 * @returns {CodeWords}
 */
export function describeCode({ kind, value, from }, siteRoot) {
  if (kind === "datasette") {
    const name = value === "pre" ? "Datasette, newest pre-release" : `Datasette ${value}`;
    return { name, what: originated(WHAT.datasette, from), address: "" };
  }
  if (kind === "plugin") return { name: value, what: originated(WHAT.plugin, from), address: "" };
  const { name, from: host } = describeAddress(value, siteRoot);
  const address = URL.canParse(value, siteRoot) ? new URL(value, siteRoot).href : value;
  return { name, what: originated(WHAT[kind], host || from), address };
}

/**
 * @param {string} what
 * @param {string} from
 */
function originated(what, from) {
  if (from === "") return what.replace(/,$/, "");
  const host = /^https?:/.test(from) && URL.canParse(from) ? new URL(from).host : from;
  return `${what} from ${host}`;
}

/**
 * @param {CodeItem[]} items
 * @returns {string} what would be left out: "the plugin", "the plugins and the other Datasette"
 */
export function codeInWords(items) {
  const plugins = items.filter(({ kind }) => kind === "plugin" || kind === "wheel").length;
  const settings = items.filter(({ kind }) => kind === "metadata" || kind === "config").length;
  const parts = [
    ...(plugins > 0 ? [plugins === 1 ? "the plugin" : "the plugins"] : []),
    ...(items.some(({ kind }) => kind === "datasette") ? ["the other Datasette"] : []),
    ...(settings > 0 ? ["the HTML and scripts"] : []),
  ];
  return inWords(parts);
}
