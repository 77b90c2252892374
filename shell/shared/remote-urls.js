/**
 * Finds out what a URL that somebody pastes means: the address of the bytes, and the kind of data.
 *
 * It uses only the text of the URL; fetch-source.js looks at the data behind it.
 */

/** The query parameters that open a source, with the file extensions for each kind. */
const KINDS = /** @type {const} */ ({
  url: ["db", "db3", "sqlite", "sqlite3", "s3db", "sl3", "gpkg", "mbtiles"],
  csv: ["csv", "tsv", "tab", "psv", "txt"],
  json: ["json", "geojson", "ndjson", "jsonl", "ldjson", "geojsonl", "geojsons"],
  parquet: ["parquet", "pq", "parq", "arrow", "arrows", "feather"],
  excel: ["xlsx", "xlsm", "xlsb", "xls", "ods"],
  sql: ["sql"],
});

/** Extensions of packed files; the extension before them is that of the file inside. */
const PACKED = /\.(gz|gzip|bgz|bz2|xz|zst|zstd|zip)$/i;

/** @typedef {keyof typeof KINDS} SourceKind  the query parameter that opens this kind of data */

/**
 * Pages that show a file, and where the file itself is. The pages are HTML and send no CORS header; the
 * hosts of the files do.
 *
 * @type {Array<[page: RegExp, file: (...groups: string[]) => string]>}
 */
const PAGES = [
  [
    /^https:\/\/github\.com\/([^/]+\/[^/]+)\/(?:blob|raw)\/([^#]+)/,
    (repository, path) =>
      `https://raw.githubusercontent.com/${repository}/${path.replace(/\?raw=(true|1)$/, "")}`,
  ],
  [
    /^https:\/\/gist\.github\.com\/([^/]+)\/([0-9a-f]{5,})(?:\/raw)?(\/[^#]*)?(?:#.*)?$/i,
    (owner, gist, rest = "") =>
      `https://gist.githubusercontent.com/${owner}/${gist}/raw${rest.replace(/\/$/, "")}`,
  ],
  [
    /^https:\/\/gitlab\.com\/([^?#]+)\/-\/blob\/([^#]+)/,
    (project, path) => `https://gitlab.com/${project}/-/raw/${path}`,
  ],
  [
    /^https:\/\/huggingface\.co\/([^?#]+?)\/blob\/([^#]+)/,
    (repository, path) => `https://huggingface.co/${repository}/resolve/${path}`,
  ],
  [
    // Published to the web: other sites may not read CSV from its own address.
    /^https:\/\/docs\.google\.com\/spreadsheets\/d\/e\/([\w-]+)\/pubhtml(.*)$/,
    (sheet, rest) =>
      `https://docs.google.com/spreadsheets/d/e/${sheet}/pub?output=csv${sheetNumber(rest)}`,
  ],
  [
    /^https:\/\/docs\.google\.com\/spreadsheets\/(?:u\/\d+\/)?d\/(?!e\/)([\w-]+)(?!.*\/export\b)(?:[/?#](.*))?$/,
    (sheet, rest = "") =>
      `https://docs.google.com/spreadsheets/d/${sheet}/export?format=csv${sheetNumber(rest)}`,
  ],
  [
    /^https:\/\/(?:www\.)?dropbox\.com\/(s|scl\/fi)\/([^#]+)/,
    (kind, rest) =>
      `https://dl.dropboxusercontent.com/${kind}/${rest.replace(/([?&])(?:dl|raw)=\d(&|$)/g, "$1").replace(/[?&]$/, "")}`,
  ],
  [/^s3:\/\/([^/]+)\/([^#]+)/, (bucket, key) => `https://${bucket}.s3.amazonaws.com/${key}`],
  [
    // The console's address requires a login.
    /^(?:gs:\/|https:\/\/storage\.cloud\.google\.com)\/([^?#]+)/,
    (path) => `https://storage.googleapis.com/${path}`,
  ],
];

/**
 * Hosts that let other sites read a file at a different address from the one that people see. Unlike PAGES,
 * that address does not end in the file's name, so it is only used to fetch.
 *
 * @type {typeof PAGES}
 */
const INTERFACES = [
  [
    /^https:\/\/(?:www\.)?zenodo\.org\/records?\/(\d+)\/(?:files|preview)\/([^?#]+)/,
    (record, name) => `https://zenodo.org/api/records/${record}/files/${name}/content`,
  ],
];

/** Hosts that let no other site read their files, and what to do instead. */
const CLOSED = /** @type {Array<[page: RegExp, advice: string]>} */ ([
  [
    /^https:\/\/(drive|drive\.usercontent)\.google\.com\//,
    "Google Drive does not let other web sites read its files. Download it there and drop it onto this page. " +
      "A table can be opened as a Google Sheet that everybody with the link may see.",
  ],
  [
    /^https:\/\/(onedrive\.live\.com|1drv\.ms|[^/]+\.sharepoint\.com)\//,
    "OneDrive and SharePoint do not let other web sites read their files. Download it there and drop it " +
      "onto this page.",
  ],
  [
    /^https:\/\/(www\.)?dropbox\.com\/(sh|scl\/fo)\//,
    "This link leads to a folder. Share a single file in it, or download the folder and drop it onto this page.",
  ],
  [
    /^https:\/\/(www\.)?zenodo\.org\/(records?\/\d+|doi\/[^?#]+)\/?([?#]|$)/,
    "This is the page of a record. Use the address of one of its files: the “Download” button there has it.",
  ],
  [
    /^https:\/\/(www\.)?kaggle\.com\//,
    "Kaggle requires a login to download files. Download it there and drop it onto this page.",
  ],
]);

const GITHUB_FOLDER =
  /^https:\/\/github\.com\/([^/?#]+)\/([^/?#]+?)(?:\.git)?\/?(?:\/tree\/([^/?#]+)(?:\/([^?#]*?))?\/?)?(?:[?#].*)?$/;

/** Pages of GitHub itself, not names of people. */
const GITHUB_PAGES = ["about", "apps", "collections", "features", "orgs", "settings", "topics"];

/**
 * Turn the address of a page that shows a file into that of the file. Any other URL stays exactly as it
 * is, escapes included.
 *
 * @param {string} url  absolute URL, or one relative to the site
 * @returns {string}
 */
export function toFetchableUrl(url) {
  for (const [page, file] of PAGES) {
    const match = page.exec(url);
    if (match) return file(...match.slice(1));
  }
  return url;
}

/**
 * @param {string} url  of a source
 * @returns {string} where its bytes are fetched from
 */
export function bytesUrl(url) {
  for (const [page, file] of INTERFACES) {
    const match = page.exec(url);
    if (match) return file(...match.slice(1));
  }
  return url;
}

/**
 * @param {string} url
 * @returns {string | undefined} what to do, if its host is known not to let this site read the file
 */
export function closedHostAdvice(url) {
  return CLOSED.find(([page]) => page.test(url))?.[1];
}

/**
 * @param {string} rest  of a spreadsheet's address, in which query and hash may name a sheet
 * @returns {string}
 */
function sheetNumber(rest) {
  // The hash names the sheet that the person sees; the query, the one that the link first opened.
  const gid = /#.*?\bgid=(\d+)/.exec(rest)?.[1] ?? /\bgid=(\d+)/.exec(rest)?.[1];
  return gid === undefined ? "" : `&gid=${gid}`;
}

/**
 * @typedef {object} GitHubFolder
 * @property {string} owner
 * @property {string} repository
 * @property {string} ref    branch, tag or commit; "" for the default branch
 * @property {string} path   escaped as in the address; "" for the whole repository
 */

/**
 * @param {string} url
 * @returns {GitHubFolder | undefined} undefined for any other address
 */
export function gitHubFolder(url) {
  const match = GITHUB_FOLDER.exec(url);
  if (!match || GITHUB_PAGES.includes(match[1])) return undefined;
  const [, owner, repository, ref = "", path = ""] = match;
  return { owner, repository, ref, path };
}

/**
 * The address of a file's content that Git LFS keeps outside the repository.
 *
 * @param {string} url  at which only the pointer to it was found
 * @returns {string | undefined}
 */
export function gitLfsUrl(url) {
  const raw = /^https:\/\/raw\.githubusercontent\.com\/(.+)$/.exec(url);
  return raw ? `https://media.githubusercontent.com/media/${raw[1]}` : undefined;
}

/**
 * The kind of data that a URL's file name indicates; for `.gz`, `.zip` and the like, that of the file inside.
 *
 * @param {string} url
 * @returns {SourceKind | null} null if the name does not say
 */
export function kindFromName(url) {
  const sheet = /^https:\/\/docs\.google\.com\/spreadsheets\/.*\b(?:format|output)=(\w+)/.exec(
    toFetchableUrl(url),
  );
  const name = url.replace(/[?#].*$/s, "").replace(PACKED, "");
  const extension = (sheet ?? /\.([a-z0-9]+)$/i.exec(name))?.[1].toLowerCase() ?? "";
  for (const [kind, extensions] of Object.entries(KINDS)) {
    if (/** @type {readonly string[]} */ (extensions).includes(extension)) {
      return /** @type {SourceKind} */ (kind);
    }
  }
  return null;
}
