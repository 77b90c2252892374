/**
 * Turns a folder of a GitHub repository into sources, one for each data file in it.
 */

import { LiteError } from "../../shared/errors.js";
import { openSource } from "../../shared/fetch-source.js";
import { gitHubFolder, kindFromName } from "../../shared/remote-urls.js";

/** @typedef {import("../../shared/recipe.js").RecipeSource} RecipeSource */

/** A folder with more data files than this is not opened as a whole. */
const MOST_FILES = 100;

/**
 * Replace each folder among the sources by the files in it. A folder that cannot be listed stays, with
 * the reason.
 *
 * @param {RecipeSource[]} sources
 * @param {(url: string) => Promise<unknown>} [getJson]
 * @returns {Promise<Array<RecipeSource & {error?: unknown}>>}
 */
export async function expandFolders(sources, getJson = fetchJson) {
  const expanded = await Promise.all(
    sources.map(async (source) => {
      if (!gitHubFolder(source.value)) return [source];
      try {
        return await filesOf(source, getJson);
      } catch (error) {
        return [{ ...source, error }];
      }
    }),
  );
  return expanded.flat();
}

/**
 * @param {RecipeSource} source
 * @param {(url: string) => Promise<unknown>} getJson
 * @returns {Promise<RecipeSource[]>}
 */
async function filesOf({ value, options }, getJson) {
  const { owner, repository, ref, path } =
    /** @type {import("../../shared/remote-urls.js").GitHubFolder} */ (gitHubFolder(value));
  const query = ref === "" ? "" : `?ref=${ref}`;
  const api = `https://api.github.com/repos/${owner}/${repository}/contents/${path}${query}`;
  const entries = await getJson(api).catch((/** @type {unknown} */ cause) => {
    const { message = "", hint = "" } = cause instanceof LiteError ? cause : {};
    throw new LiteError(`The files of ${value} could not be listed.`, {
      hint: `${message} ${hint} GitHub also limits the number of such requests per hour.`.trim(),
      source: value,
      cause,
    });
  });
  const files = (Array.isArray(entries) ? entries : [])
    .filter(({ type, name }) => type === "file" && !name.startsWith("."))
    .map(({ name, download_url: url }) => ({ kind: kindFromName(name), name, url }))
    .filter(
      ({ kind, name }) =>
        kind !== null && !/^(readme|licen[cs]e|requirements|robots)\b.*\.txt$/i.test(name),
    );
  if (files.length === 0 || files.length > MOST_FILES) {
    const what = files.length === 0 ? "no data files" : `${files.length} data files`;
    throw new LiteError(`${value} has ${what}.`, {
      hint:
        files.length === 0
          ? "SQLite, CSV, JSON, Excel, Parquet and SQL files can be opened. Subfolders are not searched."
          : `Up to ${MOST_FILES} can be opened together: name those you want one by one.`,
      source: value,
    });
  }
  return files.map(({ kind, url }) => ({
    parameter: /** @type {string} */ (kind),
    value: url,
    options,
  }));
}

/** @param {string} url */
async function fetchJson(url) {
  return (await openSource(url)).json();
}
