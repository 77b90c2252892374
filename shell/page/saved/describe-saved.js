/**
 * Puts a saved instance into words: where its data came from, its databases.
 */

import { isForOwnFiles } from "../../shared/recipe.js";
import { kindFromName } from "../../shared/remote-urls.js";
import { DATABASES, HOME, SET_ASIDE } from "../../shared/saved-store.js";
import { describeSources, kindInWords } from "../ui/describe-sources.js";
import { recipeOf } from "../ui/workspace-name.js";

/** @typedef {import("../../shared/saved-store.js").Listing} Listing */

const SUFFIX = ".db";

/** How names of SQLite databases end. Apps may keep theirs anywhere in their home directory. */
const APP_DATABASE = /\.(?:db3?|sqlite3?)$/i;

/**
 * @param {Listing} listing
 * @param {URL} siteRoot
 * @returns {import("../ui/describe-sources.js").SourceWords[]} the person's own files come first
 */
export function sourcesOfSaved({ instance: { key, sources }, own }, siteRoot) {
  const files = own.map((name) => {
    const kind = kindFromName(name);
    return { name, from: "your computer", kind: kind ? kindInWords(kind) : "" };
  });
  const recipe = recipeOf(key) ?? [];
  if (sources.length === 0 && files.length > 0 && isForOwnFiles(recipe)) return files;
  const named = sources.map(
    ({ parameter, url }) => /** @type {[string, string]} */ ([parameter, url]),
  );
  return [...files, ...describeSources(named.length > 0 ? named : recipe, siteRoot)];
}

/**
 * @param {Listing["instance"]} instance
 * @returns {boolean} whether somebody has changed its data, which is more than to open files of their own
 */
export function isChanged({ edited, onlyAdded = false }) {
  return edited && !onlyAdded;
}

/**
 * @typedef {object} SavedDatabase
 * @property {string} name  Datasette's, or its path in an app's home directory
 * @property {string} file  what it is called as a file
 * @property {string} path  in the instance's folder
 * @property {number} size  bytes
 * @property {string} [host]  where most of it is, if not here
 */

/**
 * @param {Listing["files"]} files
 * @returns {SavedDatabase[]}
 */
export function databasesAmong(files) {
  const ofDatasette = [DATABASES, SET_ASIDE].flatMap((folder) =>
    files
      .filter(({ path }) => path.startsWith(folder) && path.endsWith(SUFFIX))
      .map(({ path, size, base }) => {
        const file = path.slice(folder.length);
        const host = base?.kind === "remote" ? { host: new URL(base.url).host } : {};
        return { name: file.slice(0, -SUFFIX.length), file, path, size, ...host };
      }),
  );
  const ofApp = files
    .filter(({ path }) => path.startsWith(HOME) && APP_DATABASE.test(path))
    .map(({ path, size }) => {
      const file = path.slice(HOME.length);
      return { name: file, file, path, size };
    });
  return [...ofDatasette, ...ofApp];
}
