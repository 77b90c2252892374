/**
 * Names the page that a link made by the launcher shows: the table of its only file.
 */

/** Kinds of files that become one table of the database `data`, named after the file. */
const ONE_TABLE = ["csv", "json", "parquet"];

/**
 * @param {import("../../shared/recipe.js").Recipe} sources
 * @returns {string} relative to the workspace; "" where only opening the files tells
 */
export function pageOfLink(sources) {
  if (sources.length !== 1) return "";
  const [[kind, address]] = sources;
  // Of other names, engine/sqlite/names.py makes something else.
  const name =
    /^[^?#]*\/(?!sqlite_|_import_)([A-Za-z0-9_-]+)\.[a-z0-9]+(?:\.(?:gz|bz2|xz|zst))?$/i.exec(
      address,
    );
  return ONE_TABLE.includes(kind) && name ? `data/${name[1]}` : "";
}
