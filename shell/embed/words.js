/**
 * Makes the texts on a poster.
 */

/** @typedef {import("./link.js").Pairs} Pairs */

const SOURCES = ["url", "csv", "json", "parquet", "excel", "sql"];

/**
 * @param {Pairs} parameters
 * @param {string} path  that will be shown
 * @returns {string} names the page and its source: "penguins, from penguins.csv"
 */
export function titleOf(parameters, path) {
  const files = parameters
    .filter(([name]) => SOURCES.includes(name))
    .map(([, value]) => fileName(value));
  const page = pageName(path);
  const from = files.slice(0, 3).join(", ") + (files.length > 3 ? ", …" : "");
  if (page && from) return `${page}, from ${from}`;
  return page || from || "A database to explore";
}

/**
 * @param {number} runtime  bytes of Python and Datasette
 * @param {string | null} data  the size of the data, as stated by the author
 * @returns {string}
 */
export function sizeOf(runtime, data) {
  const megabytes = Math.ceil(runtime / 1e6);
  const more = data ? `, and ${data} of data` : ", and the data";
  return `Runs Datasette in your browser. Downloads about ${megabytes} MB the first time${more}.`;
}

/** @param {string} path */
function pageName(path) {
  const last =
    path
      .replace(/[?#].*$/s, "")
      .split("/")
      .filter(Boolean)
      .at(-1) ?? "";
  // Datasette’s own escapes, "~2F" for a slash.
  return last === "query" ? "A query" : decoded(last.replaceAll("+", " ").replaceAll("~", "%"));
}

/** @param {string} address */
function fileName(address) {
  const path = address.replace(/[?#].*$/s, "");
  return decoded(path.split("/").filter(Boolean).at(-1) ?? address);
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
