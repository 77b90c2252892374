/**
 * What a URL that a person has at hand means: the address of the bytes, and the kind of data.
 *
 * Works on the text of the URL alone; looking at what is behind it is fetch-source.js's business.
 */

const GITHUB_BLOB = /^https:\/\/github\.com\/([^/]+)\/([^/]+)\/blob\/(.+)$/;
const GIST = /^https:\/\/gist\.github\.com\/([^/]+)\/([0-9a-f]+)\/?$/i;

const KINDS = /** @type {const} */ ({
  url: ["db", "db3", "sqlite", "sqlite3", "s3db", "sl3"],
  csv: ["csv", "tsv", "tab", "psv", "txt"],
});

/** @typedef {keyof typeof KINDS} SourceKind  the query parameter that opens this kind of data */

/**
 * Turn the address of a GitHub or gist page into that of the file it shows: those pages are HTML and
 * send no CORS header, the raw hosts do. Any other URL stays exactly as it is, escapes included.
 *
 * @param {string} url  absolute URL, or one relative to the site
 * @returns {string}
 */
export function toFetchableUrl(url) {
  const blob = GITHUB_BLOB.exec(url);
  if (blob) {
    const [, owner, repository, rest] = blob;
    const path = rest.replace(/\?raw=true$/, "").replace(/#.*$/, "");
    return `https://raw.githubusercontent.com/${owner}/${repository}/${path}`;
  }
  const gist = GIST.exec(url);
  if (gist) return `https://gist.githubusercontent.com/${gist[1]}/${gist[2]}/raw`;
  return url;
}

/**
 * The kind of data a URL's file name promises.
 *
 * @param {string} url
 * @returns {SourceKind | null} null when the name does not tell
 */
export function kindFromName(url) {
  const name = url.replace(/[?#].*$/s, "");
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1].toLowerCase() ?? "";
  for (const [kind, extensions] of Object.entries(KINDS)) {
    if (/** @type {readonly string[]} */ (extensions).includes(extension)) {
      return /** @type {SourceKind} */ (kind);
    }
  }
  return null;
}
