/**
 * Parses all requirements from links, forms and saved locks: a package of the index, as PEP 508 writes it
 * ("datasette-vega==0.6.2"), or the address of a wheel, with or without a name before it
 * ("datasette-x @ https://…/x.whl").
 *
 * People are shown exactly the text that it returns, and exactly that is fetched. It refuses everything
 * that could mean one thing here and another to Python (markers, "//host", backslashes, user names,
 * anything that is not ASCII in a name).
 */

import { LiteError } from "./errors.js";

/** Stands for micropip's default index in a list of addresses of package indexes. */
export const DEFAULT_INDEX = "default";

/**
 * @typedef {object} IndexRequirement  a package by its name
 * @property {"index"} kind
 * @property {string} name  canonical: "datasette-vega"
 * @property {boolean} isBare  it has neither a version nor extras
 * @property {string} text  as it was written, without blanks
 */

/**
 * @typedef {object} AddressRequirement  a wheel by its address
 * @property {"address"} kind
 * @property {string} name  canonical; "" if only the address was given
 * @property {URL} url  http or https, without user name, password and fragment
 * @property {string} text  the address as it will be fetched, after the name if there is one
 */

/** @typedef {IndexRequirement | AddressRequirement} Requirement */

const MOST_CHARACTERS = 2000;
const LONGEST_NAME = 100;
const LONGEST_VERSION = 50;

const NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const EXTRAS = `\\[(?:${NAME}(?:,${NAME})*)?\\]`;
const CLAUSE = "(?:===?|>=|<=|~=|!=|<|>)[A-Za-z0-9_.*+!-]+";
const INDEXED = new RegExp(`^(${NAME})(${EXTRAS})?(${CLAUSE}(?:,${CLAUSE})*)?$`);
const NAMED_ADDRESS = new RegExp(`^(${NAME})\\s*(${EXTRAS})?\\s*@\\s*(.*)$`, "s");

/** A commit of Git, perhaps abbreviated. Datasette's versions have a dot, so none looks like this. */
const COMMIT = /^[0-9a-f]{7,40}$/;

/**
 * Branches, tags and paths of refs, by Git's own rules (git-check-ref-format) and stricter ones: only
 * characters that mean the same in an address.
 */
const GIT_NAME = /^(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$))[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}$/;

/** PEP 440, as far as Datasette's versions use it. */
const VERSION = /^v?(\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?)$/;

// Control characters, and those that change the direction or the look of the text around them.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * @param {string} text
 * @param {URL} siteRoot  the base of the addresses of the site's own wheels
 * @returns {Requirement}
 * @throws {LiteError} it is neither, or could be misread
 */
export function parseRequirement(text, siteRoot) {
  const trimmed = text.trim();
  if (trimmed.length > MOST_CHARACTERS) throw notAPackage(text, "It is too long.");
  if (HIDDEN.test(trimmed)) throw notAPackage(text, "It contains invisible characters.");
  const named = NAMED_ADDRESS.exec(trimmed);
  if (named) {
    const [, name, extras = "", address] = named;
    const url = wheelUrl(address, text);
    return {
      kind: "address",
      name: checkedName(name, text),
      url,
      text: `${name}${extras} @ ${url.href}`,
    };
  }
  if (/[:/\\]/.test(trimmed) || /\.whl(?:[?#]|$)/i.test(trimmed)) {
    const url = /^[^/?#]*:/.test(trimmed)
      ? wheelUrl(trimmed, text)
      : ownWheel(trimmed, text, siteRoot);
    return { kind: "address", name: "", url, text: url.href };
  }
  // Blanks are only allowed between the parts: “a b” is two words, not the package “ab”.
  const compact = trimmed.replace(/\s*([[\],]|===?|>=|<=|~=|!=|<|>)\s*/g, "$1");
  const found = INDEXED.exec(compact);
  if (!found) throw notAPackage(text);
  const [, name, extras = "", versions = ""] = found;
  return {
    kind: "index",
    name: checkedName(name, text),
    isBare: extras + versions === "",
    text: compact,
  };
}

/**
 * Parse a link's `ref`.
 *
 * @param {string} text
 * @returns {string} "pre", a version of Datasette such as "1.0a40", or a branch, tag or commit
 * @throws {LiteError} it is none of them
 */
export function parseRef(text) {
  const ref = text.trim();
  const lower = ref.toLowerCase();
  if (lower === "pre" || COMMIT.test(lower)) return lower;
  const version = VERSION.exec(lower);
  if (version && lower.length <= LONGEST_VERSION) return version[1];
  if (version || !GIT_NAME.test(ref)) {
    throw new LiteError(`“${shown(text)}” is not a version, branch, tag or commit of Datasette.`, {
      hint:
        "Use a number such as 1.0a40, “pre” for the newest pre-release, the name of a branch such as " +
        "main, or nothing.",
      name: "NotAVersion",
    });
  }
  return ref;
}

/**
 * @param {string} ref  that parseRef accepts
 * @returns {"pre" | "version" | "commit" | "name"} "name" is a branch or tag
 */
export function refKind(ref) {
  const lower = ref.trim().toLowerCase();
  if (lower === "pre") return lower;
  if (COMMIT.test(lower)) return "commit";
  return VERSION.test(lower) ? "version" : "name";
}

/**
 * @param {string} ref  that parseRef accepts
 * @returns {boolean} whether it is in the package index, and not only in Datasette's repository
 */
export function isRelease(ref) {
  return ["pre", "version"].includes(refKind(ref));
}

/**
 * @param {string} name  of a package
 * @returns {string} the same for all of its spellings, as in PEP 503
 */
export function canonicalName(name) {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/**
 * @param {string} text
 * @returns {boolean} whether it has characters that cannot be seen, or change how others are seen
 */
export function hasHidden(text) {
  return HIDDEN.test(text);
}

/**
 * @param {string} text  from outside
 * @returns {string} at most 80 characters of it, with nothing invisible
 */
export function shown(text) {
  const visible = text.replaceAll(
    new RegExp(HIDDEN, "gu"),
    (character) => `\\u{${/** @type {number} */ (character.codePointAt(0)).toString(16)}}`,
  );
  return visible.length > 80 ? `${visible.slice(0, 79)}…` : visible;
}

/**
 * @param {string} name
 * @param {string} text
 */
function checkedName(name, text) {
  if (name.length > LONGEST_NAME) throw notAPackage(text, "Its name is too long.");
  return canonicalName(name);
}

/**
 * @param {string} address
 * @param {string} text
 * @returns {URL}
 */
function wheelUrl(address, text) {
  if (!/^https?:\/\/[^/\\?#@\s]+(?:[/?#]|$)/i.test(address) || /[\\\s]/.test(address)) {
    throw notAPackage(text);
  }
  if (!URL.canParse(address)) throw notAPackage(text);
  const url = new URL(address);
  url.hash = "";
  if (!/\.whl$/i.test(url.pathname)) throw notAPackage(text);
  return url;
}

/**
 * @param {string} path  of a wheel that the site itself has, relative to its root
 * @param {string} text
 * @param {URL} siteRoot
 * @returns {URL}
 */
function ownWheel(path, text, siteRoot) {
  if (!/^[^/\\:@?#\s][^\\:@?#\s]*\.whl$/i.test(path)) throw notAPackage(text);
  const url = new URL(path, siteRoot);
  if (!url.href.startsWith(siteRoot.href)) throw notAPackage(text);
  return url;
}

/**
 * @param {string} text
 * @param {string} [why]
 */
function notAPackage(text, why = "") {
  const hint =
    "Use a name such as datasette-vega, or an address that begins with https:// and ends in .whl.";
  return new LiteError(
    `“${shown(text)}” is neither the name of a package nor the address of a wheel.`,
    { hint: `${why} ${hint}`.trim(), name: "NotAPackage" },
  );
}
