/**
 * Checks the record of a saved workspace: records that come in with an export, and records in the store,
 * where an older version of the site may have put anything.
 */

import { keyToRecipe } from "./recipe.js";
import {
  both,
  count,
  flag,
  isPlainObject,
  listOf,
  moment,
  objectOf,
  text,
  when,
} from "./schema.js";

/** @typedef {import("./saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("./schema.js").Schema} Schema */

/** About as long as the longest URL that some browsers open. */
const LONGEST_KEY = 100_000;

const LONGEST_TEXT = 10_000;

const MOST_SOURCES = 1000;

/** Stands for the site's root, to resolve relative URLs. */
const SOME_SITE = "https://site.invalid/root/";

/**
 * @param {unknown} url
 * @returns {boolean} whether it is an http(s) URL without credentials, as URL.href writes it, or one
 *   relative to the site's root that stays below it
 */
export function isSourceUrl(url) {
  if (typeof url !== "string" || !URL.canParse(url, SOME_SITE)) return false;
  const { href, protocol, username, password } = new URL(url, SOME_SITE);
  if (!/^https?:$/.test(protocol) || username + password !== "") return false;
  return href === url || (!/^\w+:/.test(url) && href.startsWith(SOME_SITE));
}

const sourceFields = {
  parameter: text(20, /^[a-z]+$/),
  url: text(LONGEST_KEY),
  etag: text(LONGEST_TEXT),
  lastModified: text(LONGEST_TEXT),
  size: count(),
  sha256: text(64, /^(?:[0-9a-f]{64})?$/),
  loadedAt: moment,
};

/**
 * The fields in an export, each with a replacement for a damaged value.
 *
 * @type {Record<string, [Schema, unknown]>}
 */
const FIELDS = {
  key: [text(LONGEST_KEY), ""],
  format: [count(1000), 1],
  build: [text(100), ""],
  createdAt: [moment, 0],
  usedAt: [moment, 0],
  size: [count(), 0],
  edited: [flag, true],
  // A link may have named a source without a valid URL.
  sources: [listOf(objectOf(sourceFields), MOST_SOURCES), []],
};

/** The longest name of a workspace, in UTF-16 code units. */
export const LONGEST_TITLE = 200;

/**
 * The fields that a record may lack.
 *
 * @type {Record<string, Schema>}
 */
const OPTIONAL = { title: text(LONGEST_TITLE, /^[^\p{Cc}]+$/u) };

const importedSources = listOf(
  objectOf({ ...sourceFields, url: both(text(LONGEST_KEY), when(isSourceUrl)) }),
  MOST_SOURCES,
);

/** Fields that older versions wrote into exports. They mean nothing outside the store. */
const PASSED_OVER = ["generation", "owner", "problems", "ahead", "origin", "refetchable"];

/**
 * @param {SavedInstance} stored
 * @returns {Record<string, unknown>} its fields for an export, well-formed
 */
export function exportedRecord(stored) {
  const { record } = readableRecord(stored);
  const names = [
    ...Object.keys(FIELDS),
    ...Object.keys(OPTIONAL).filter((name) => Object.hasOwn(record, name)),
  ];
  const fields = /** @type {Array<keyof SavedInstance>} */ (names);
  const sources = record.sources.filter(({ url }) => isSourceUrl(url));
  return { ...Object.fromEntries(fields.map((name) => [name, record[name]])), sources };
}

/**
 * @param {unknown} value  from an export
 * @returns {{record: SavedInstance} | {fault: string}} fault: the path of the part that does not fit
 */
export function importedRecord(value) {
  if (!isPlainObject(value)) return { fault: "instance" };
  const entries = Object.entries(value).filter(([name]) => !PASSED_OVER.includes(name));
  const record = Object.fromEntries(entries);
  const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, [part]]) => [name, part]));
  const schema = objectOf({ ...fields, sources: importedSources }, OPTIONAL);
  const fault = schema(record, "") ?? faultInKey(/** @type {any} */ (record).key);
  if (fault !== undefined) return { fault };
  return { record: /** @type {any} */ ({ ...record, generation: "", owner: "" }) };
}

/**
 * @param {string} key
 * @returns {string | undefined}
 */
function faultInKey(key) {
  try {
    if (key !== "") keyToRecipe(key);
    return undefined;
  } catch {
    return "key";
  }
}

/**
 * @param {unknown} value  from the store
 * @returns {{record: SavedInstance, faults: string[]}} a record that can be shown, exported and deleted;
 *   faults: the paths of the parts that had to be replaced
 */
export function readableRecord(value) {
  const stored = isPlainObject(value) ? value : {};
  /** @type {string[]} */
  const faults = [];
  const known = Object.entries(FIELDS).map(([name, [schema, fallback]]) => {
    const fault = schema(stored[name], name);
    if (fault === undefined) return [name, stored[name]];
    faults.push(fault);
    return [name, fallback];
  });
  const record = { ...stored, ...Object.fromEntries(known) };
  for (const [name, schema] of Object.entries(OPTIONAL)) {
    if (record[name] === undefined || schema(record[name], name) === undefined) continue;
    faults.push(name);
    delete record[name];
  }
  if (typeof record.generation !== "string") {
    faults.push("generation");
    record.generation = "";
  }
  return { record: /** @type {any} */ (record), faults };
}
