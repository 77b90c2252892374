/**
 * Checks an imported state.json: which databases there are, and where their data came from.
 * engine/folder.py writes and reads that file.
 */

import {
  anyJson,
  both,
  count,
  isPlainObject,
  listOf,
  moment,
  nullable,
  objectOf,
  oneOf,
  text,
  when,
} from "../../shared/schema.js";
import { isSourceUrl } from "../../shared/saved-record.js";
import { WHOLE_FORMAT } from "../../shared/saved-store.js";

const NAME = text(1000);
const URL_OR_FILE = text(100_000);

const ORIGIN = {
  kind: oneOf("site", "link", "file", "paste"),
  url: both(URL_OR_FILE, when(isSourceUrl)),
  file: URL_OR_FILE,
  member: URL_OR_FILE,
  size: count(),
  sha256: text(64, /^(?:[0-9a-f]{64})?$/),
  etag: text(10_000),
  lastModified: text(10_000),
  loadedAt: moment,
};

const ADDED = {
  database: NAME,
  table: nullable(NAME),
  source: NAME,
  edited: when((value) => typeof value === "boolean"),
};

const SOURCE = {
  id: text(9, /^\d+$/),
  parameter: text(20, /^[a-z]+$/),
  url: URL_OR_FILE,
  origin: objectOf({}, ORIGIN),
  // Options that this version does not know have no meaning to it.
  options: both(when(isPlainObject), anyJson(4, 10_000)),
  added: listOf(
    objectOf({ database: NAME, table: nullable(NAME) }, { source: NAME, edited: ADDED.edited }),
    100_000,
  ),
};

const STATE = objectOf({
  format: count(WHOLE_FORMAT),
  databases: listOf(NAME, 10_000),
  csv_database: nullable(NAME),
  sources: listOf(objectOf(SOURCE), 10_000),
});

/**
 * @param {string} json
 * @returns {string | undefined} the same as JSON that every parser reads alike, without members that this
 *   version does not know; undefined if it is not such a state
 */
export function readState(json) {
  let state;
  try {
    state = JSON.parse(json);
  } catch {
    return undefined;
  }
  const known = only(["format", "databases", "csv_database", "sources"], state);
  if (Array.isArray(known?.sources)) {
    known.sources = known.sources.map((/** @type {any} */ given) => {
      const source = only(Object.keys(SOURCE), given);
      if (source) source.origin = only(Object.keys(ORIGIN), source.origin);
      if (Array.isArray(source?.added)) {
        source.added = source.added.map((/** @type {any} */ one) => only(Object.keys(ADDED), one));
      }
      return source;
    });
  }
  return STATE(known, "") === undefined ? JSON.stringify(known) : undefined;
}

/**
 * @param {string[]} names
 * @param {any} value
 * @returns {any} a copy of an object with only these members; other values as they are
 */
function only(names, value) {
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]),
  );
}
