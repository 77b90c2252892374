/**
 * Puts code that a link brings into words: its name, what it is, where it is from.
 *
 * Serves the page that asks for consent. It reads what the worker lists (shared/protocol.js) and fetches
 * nothing: that is the point of asking first.
 */

import { advisoriesOf } from "../../shared/advisories.js";
import { DATASETTE_REPOSITORY } from "../../shared/datasette-repository.js";
import { isRelease, refKind, shown } from "../../shared/requirement.js";
import { inWords } from "../ui/dom.js";
import { datasetteInWords, describeAddress } from "../ui/describe-sources.js";

/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */

/**
 * @typedef {object} CodeWords
 * @property {string} name
 * @property {string} what     "Plugin from the package index"
 * @property {string} address  in full, if it has its own; for a package its hash; else ""
 * @property {string} [warning]  sentences about known vulnerabilities
 */

/** Parts of a file beyond this number are only counted. */
const MOST_PARTS = 8;

/** @type {Record<ConsentItem["kind"], string>} */
const WHAT = {
  app: "App",
  plugin: "Plugin",
  wheel: "Plugin",
  package: "Plugin",
  datasette: "Not this site’s version,",
  metadata: "Descriptions",
  config: "Settings",
};

/**
 * @param {ConsentItem} item
 * @param {URL} siteRoot
 * @param {boolean} [isOfApp]  whether it comes with an app, and not with data
 * @returns {CodeWords}
 */
export function describeCode({ kind, value, from, digest, parts = [] }, siteRoot, isOfApp = false) {
  const isPackage = ["plugin", "wheel", "package"].includes(kind);
  const what = originated(isOfApp && isPackage ? "Package" : WHAT[kind], from);
  if (kind === "datasette") {
    const name = datasetteInWords(value);
    if (isRelease(value)) return { name, what, address: "", ...warningAbout(value) };
    const address = `${DATASETTE_REPOSITORY.page}/tree/${value}`;
    return { name, what, address, warning: warningAboutSource(value) };
  }
  if (kind === "plugin") return { name: value, what, address: "" };
  if (kind === "package") {
    const [name, version = ""] = value.split(" ");
    const about = name === "datasette" ? warningAbout(version) : {};
    const needed = isOfApp ? "Needed by the app," : "Needed by a plugin,";
    const as = parts.length > 0 ? originated(needed, from) : what;
    return { name: value, what: as, address: `SHA-256 ${digest}`, ...about };
  }
  if (kind === "wheel") {
    const address = value.slice(value.indexOf(" @ ") < 0 ? 0 : value.indexOf(" @ ") + 3);
    return { name: describeAddress(address, siteRoot).name, what, address };
  }
  const { name } = describeAddress(value, siteRoot);
  const address = URL.canParse(value, siteRoot) ? new URL(value, siteRoot).href : shown(value);
  if (kind === "app") return { name, what, address: /^https?:/i.test(value) ? address : "" };
  const holding =
    parts.length > 0 ? `, with ${someOf(parts)} in it` : ", with HTML or scripts in it";
  return { name, what: what + holding, address };
}

/**
 * @param {string[]} parts
 * @returns {string}
 */
function someOf(parts) {
  const named = parts.slice(0, MOST_PARTS).map(shown);
  const more = parts.length - named.length;
  return inWords(more > 0 ? [...named, `${more} more`] : named);
}

/**
 * @param {string} version  of Datasette
 * @returns {{warning?: string}}
 */
function warningAbout(version) {
  const advisories = advisoriesOf(version);
  const all = inWords(advisories.map(({ id, what }) => `${what} (${id})`));
  const sentences = [
    ...(COMMIT_IN_VERSION.test(version) ? [NOT_RELEASED] : []),
    ...(all ? [`This version has published vulnerabilities that allow ${all}.`] : []),
  ];
  return sentences.length > 0 ? { warning: sentences.join(" ") } : {};
}

/** What Python adds to the version of a commit (engine/packages/source_wheel.py). */
const COMMIT_IN_VERSION = /\+g[0-9a-f]+$/;

const NOT_RELEASED =
  "It may not be a release: it could be unfinished or have known vulnerabilities.";

/**
 * @param {string} ref  a branch, tag or commit
 * @returns {string}
 */
function warningAboutSource(ref) {
  // GitHub keeps the commits of a repository and of its forks together. engine/packages/github.py refuses
  // other ways to name a commit.
  const canBeOfFork = refKind(ref) === "commit" || /(^|\/)pull\//.test(ref);
  if (!canBeOfFork) return NOT_RELEASED;
  return (
    `${NOT_RELEASED} Anyone may have written it: under this address, GitHub also serves changes that were ` +
    "only proposed, and commits of forks."
  );
}

/**
 * @param {string} what
 * @param {string} from
 */
function originated(what, from) {
  if (from === "") return what.replace(/,$/, "");
  // There may be several addresses, as of package indexes.
  const hosts = from.replace(/https?:\/\/[^\s,]+/g, (one) => {
    return URL.canParse(one) ? new URL(one).host : one;
  });
  return `${what} from ${hosts}`;
}

/**
 * @param {ConsentItem[]} items
 * @returns {string} the things left out: "the plugin", "the plugins and the other Datasette"
 */
export function codeInWords(items) {
  const plugins = items.filter(({ kind }) => ["plugin", "wheel", "package"].includes(kind)).length;
  const settings = items.filter(({ kind }) => kind === "metadata" || kind === "config").length;
  const parts = [
    ...(items.some(({ kind }) => kind === "app") ? ["the app"] : []),
    ...(plugins > 0 ? [plugins === 1 ? "the plugin" : "the plugins"] : []),
    ...(items.some(({ kind }) => kind === "datasette") ? ["the other Datasette"] : []),
    ...(settings > 0 ? ["the HTML and scripts"] : []),
  ];
  return inWords(parts);
}
