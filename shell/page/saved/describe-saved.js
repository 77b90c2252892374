/**
 * Puts a saved instance into words: where its data came from, its databases.
 */

import { isForOwnFiles } from "../../shared/recipe.js";
import { kindFromName } from "../../shared/remote-urls.js";
import { DATABASES, SET_ASIDE } from "../../shared/saved-store.js";
import { describeSources, kindInWords } from "../ui/describe-sources.js";
import { recipeOf } from "../ui/workspace-name.js";

/** @typedef {import("../../shared/saved-store.js").Listing} Listing */

const SUFFIX = ".db";

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
 * @param {Listing["files"]} files
 * @returns {Array<{name: string, path: string, size: number, host?: string}>} host: where most of it is, if
 *   not here
 */
export function databasesAmong(files) {
  return [DATABASES, SET_ASIDE].flatMap((folder) =>
    files
      .filter(({ path }) => path.startsWith(folder) && path.endsWith(SUFFIX))
      .map(({ path, size, base }) => ({
        ...{ name: path.slice(folder.length, -SUFFIX.length), path, size },
        ...(base?.kind === "remote" && { host: new URL(base.url).host }),
      })),
  );
}
