/**
 * The only reader of plugins/lock.json, the record of an instance's packages. Such a file may have come
 * with somebody's export, so everything in it is checked, and anything unknown is refused.
 *
 * Python writes the file (engine/packages/wheels.py) and never reads it: it gets what this module read.
 */

import { LiteError } from "../../shared/errors.js";
import { canonicalName, parseRef, parseRequirement } from "../../shared/requirement.js";

/** Path of the record in an instance's folder. */
export const LOCK = "plugins/lock.json";

/** Folder of the wheels. */
export const WHEELS = "plugins/wheels/";

/** A lock's name for what `ref` requests, beside requirements; engine/packages/plugin_setup.py has it too. */
export const REF = "?ref=";

/**
 * A wheel of the instance's folder; engine/packages/wheels.py has the same fields.
 *
 * @typedef {object} LockedWheel
 * @property {string} name      canonical; what the file claims to be
 * @property {string} version
 * @property {string} file      in WHEELS
 * @property {string} url       where the file is said to be from
 * @property {string} sha256    of the file: its identity
 * @property {number} size      bytes
 * @property {string[]} requires  canonical names
 * @property {boolean} is_plugin
 */

/**
 * @typedef {object} Lock
 * @property {number} format
 * @property {Record<string, string>} asked  canonical requirement, or REF and what parseRef returns → name
 * @property {LockedWheel[]} wheels
 * @property {Record<string, {message: string, hint: string, retry: boolean}>} failed  by requirement
 * @property {string[]} removed  requirements of the link that the person has removed
 */

const FORMAT = 1;
const MOST_CHARACTERS = 1_000_000;
const MOST_ENTRIES = 500;

/** Characters of messages and hints, which people read; engine/packages/plugin_setup.py cuts them off. */
const MOST_WORDS = 2000;

const NAME = /^(?=.{1,100}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9_.!+-]{0,99}$/;
const FILE = /^[^./\\\p{Cc}\p{Cf}][^/\\\p{Cc}\p{Cf}]*\.whl$/u;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * @param {string} text
 * @param {URL} siteRoot
 * @returns {Lock}
 * @throws {LiteError} it is not exactly what this site writes
 */
export function parseLock(text, siteRoot) {
  try {
    return checkedLock(parsedJson(text), siteRoot);
  } catch (error) {
    const why = error instanceof Invalid ? error.message : "it is not JSON";
    throw new LiteError(
      `The list of this workspace’s plugins is damaged (${why}). It was opened without them.`,
      {
        name: "PluginError",
        hint: "Another version of this site may have written it, or somebody changed it. Install the plugins again on the page “Plugins”.",
      },
    );
  }
}

/** Thrown with the reason, which ends up in a sentence. */
class Invalid extends Error {}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parsedJson(text) {
  if (text.length > MOST_CHARACTERS) throw new Invalid("it is too long");
  const value = JSON.parse(text);
  // Of two equal keys, JSON.parse takes the last and another reader may take the first.
  const keys = text.match(/"(?:[^"\\]|\\.)*"(?:\s*:)?/g)?.filter((one) => one.endsWith(":")) ?? [];
  if (keys.length !== keysIn(value)) throw new Invalid("a key is there twice");
  return value;
}

/**
 * @param {any} value
 * @returns {number}
 */
function keysIn(value) {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum, one) => sum + keysIn(one), own);
}

/**
 * @param {unknown} value
 * @param {URL} siteRoot
 * @returns {Lock}
 */
function checkedLock(value, siteRoot) {
  const { format, asked, wheels, failed, removed } = fields(value, "it", [
    "format",
    "asked",
    "wheels",
    "failed",
    "removed",
  ]);
  check(format === FORMAT, "its format is not known");
  /** @param {string} requirement */
  const isCanonical = (requirement) => isCanonicalRequirement(requirement, siteRoot);
  const names = entries(asked, "“asked”").map(([requirement, name]) => {
    check(isCanonical(requirement), "a requirement is not in its canonical form");
    check(is(name, NAME), "a name is not one of a package");
    const own = nameIn(requirement, siteRoot);
    check(own === "" || own === name, "a requirement names another package than it came to");
    return [requirement, name];
  });
  const whys = entries(failed, "“failed”").map(([requirement, why]) => {
    check(isCanonical(requirement), "a requirement is not in its canonical form");
    const { message, hint, retry } = fields(why, "a failure", ["message", "hint", "retry"]);
    check(isText(message) && isText(hint) && typeof retry === "boolean", "a failure is not one");
    return [requirement, { message, hint, retry }];
  });
  check(isList(removed) && removed.every(isCanonical), "“removed” is not a list of requirements");
  check(isList(wheels), "“wheels” is not a list");
  /** @type {LockedWheel[]} */
  const files = wheels.map(checkedWheel);
  check(isDistinct(files.map(({ name }) => name)), "a package is there twice");
  check(isDistinct(files.map(({ file }) => file)), "a file is there twice");
  return {
    format,
    asked: Object.fromEntries(names),
    wheels: files,
    failed: Object.fromEntries(whys),
    removed: [...removed],
  };
}

/**
 * @param {unknown} value
 * @returns {LockedWheel}
 */
function checkedWheel(value) {
  const wheel = fields(value, "a wheel", [
    "name",
    "version",
    "file",
    "url",
    "sha256",
    "size",
    "requires",
    "is_plugin",
  ]);
  check(is(wheel.name, NAME), "a name is not one of a package");
  check(is(wheel.version, VERSION), "a version is not one");
  check(is(wheel.file, FILE) && wheel.file.length <= 255, "a file is not that of a wheel");
  check(is(wheel.sha256, SHA256), "a hash is not one");
  check(Number.isSafeInteger(wheel.size) && wheel.size >= 0, "a size is not one");
  check(typeof wheel.is_plugin === "boolean", "“is_plugin” is neither true nor false");
  check(isList(wheel.requires), "“requires” is not a list");
  for (const name of wheel.requires) check(is(name, NAME), "a name is not one of a package");
  return { ...wheel, url: address(wheel.url) };
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function address(value) {
  const isOne = typeof value === "string" && value.length <= MOST_WORDS && URL.canParse(value);
  check(isOne && /^https?:\/\/[^/\\?#@\s]+\/[^\\\s]*$/.test(value), "an address is not one");
  return new URL(/** @type {string} */ (value)).href;
}

/**
 * @param {string} text  a requirement, or REF and what it requests
 * @param {URL} siteRoot
 * @returns {string} its canonical form, as a lock has it
 * @throws {LiteError} it is neither
 */
export function canonicalRequirement(text, siteRoot) {
  if (text.startsWith(REF)) return REF + parseRef(text.slice(REF.length));
  return parseRequirement(text, siteRoot).text;
}

/**
 * @param {string} requirement
 * @param {URL} siteRoot
 */
function isCanonicalRequirement(requirement, siteRoot) {
  try {
    return canonicalRequirement(requirement, siteRoot) === requirement;
  } catch {
    return false;
  }
}

/**
 * @param {string} requirement  canonical
 * @param {URL} siteRoot
 * @returns {string} the name of the package that it requests, "" where it names none
 */
function nameIn(requirement, siteRoot) {
  if (requirement.startsWith(REF)) return "datasette";
  return canonicalName(parseRequirement(requirement, siteRoot).name);
}

/**
 * @param {unknown} value
 * @param {string} what
 * @param {string[]} names  exactly those that it must have
 * @returns {any}
 */
function fields(value, what, names) {
  const keys = entries(value, what).map(([name]) => name);
  check(keys.length === names.length, `${what} has other fields than it should have`);
  check(
    names.every((name) => keys.includes(name)),
    `${what} has other fields than it should have`,
  );
  return value;
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {Array<[string, any]>}
 */
function entries(value, what) {
  check(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${what} is not an object`,
  );
  const found = Object.entries(/** @type {object} */ (value));
  check(found.length <= MOST_ENTRIES, `${what} has too many entries`);
  return found;
}

/**
 * @param {unknown} value
 * @returns {value is any[]}
 */
function isList(value) {
  return Array.isArray(value) && value.length <= MOST_ENTRIES;
}

/**
 * @param {unknown} value
 * @param {RegExp} pattern
 * @returns {boolean}
 */
function is(value, pattern) {
  return typeof value === "string" && pattern.test(value);
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string" && value.length <= MOST_WORDS;
}

/** @param {string[]} names */
function isDistinct(names) {
  return new Set(names).size === names.length;
}

/**
 * @param {boolean} holds
 * @param {string} what
 */
function check(holds, what) {
  if (!holds) throw new Invalid(what);
}
