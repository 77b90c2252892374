/**
 * Finds out where a page load comes from, and whether its sender chose work for it to do.
 *
 * Any web page can open any address here, in a window or a frame, and every link can name a query. Such
 * a request must not run against data that only this browser has: how long it takes, whether it becomes
 * a download and how many frames its page has can all reveal what is in a row. So this looks at the
 * request alone, before anything of the workspace starts.
 */

import { instancePath, parseAppPath } from "../../shared/paths.js";

/** @typedef {Pick<Request, "url" | "referrer" | "destination" | "method" | "headers">} Arrival */

/** Destinations of page loads into another page. */
const FRAMES = ["iframe", "frame", "embed", "object", "fencedframe"];

/** Parameters that change only how a page looks, not its data. */
const HARMLESS = ["_hide_sql", "_show_sql"];

/**
 * Whether a page load provably comes from a page of the same workspace. A request without a referrer
 * does not, nor does one from the launcher: its links open what their author chose.
 *
 * @param {Pick<Arrival, "referrer">} request
 * @param {string} key  of the requested workspace
 * @param {URL} siteRoot
 * @returns {boolean}
 */
export function comesFromWithin({ referrer }, key, siteRoot) {
  if (!URL.canParse(referrer)) return false;
  const { href, pathname } = new URL(referrer);
  const home = siteRoot.href + instancePath(key);
  return href.startsWith(home) && parseAppPath(pathname, siteRoot.pathname)?.key === key;
}

/**
 * Whether a page load comes from this site at all.
 *
 * @param {Pick<Arrival, "referrer">} request
 * @param {URL} siteRoot
 * @returns {boolean}
 */
export function comesFromSite({ referrer }, siteRoot) {
  return URL.canParse(referrer) && new URL(referrer).href.startsWith(siteRoot.href);
}

/**
 * Whether the address itself requests work: it filters, sorts, runs SQL, or downloads.
 *
 * @param {string} url
 * @param {string} path  the part of it within the workspace
 * @returns {boolean}
 */
export function choosesWork(url, path) {
  const parameters = [...new URL(url).searchParams.keys()];
  if (parameters.some((name) => !HARMLESS.includes(name))) return true;
  // Datasette writes the dots in names of databases, tables and rows as ~2E, so a dot in the last part
  // requests another format: a download.
  return path.slice(path.lastIndexOf("/") + 1).includes(".");
}

/**
 * @param {Pick<Arrival, "destination">} request
 * @returns {boolean} whether the page will be part of another page
 */
export function isFramed({ destination }) {
  return FRAMES.includes(destination);
}

/**
 * Whether a page of Datasette asks for decisions, so that no other site may frame it beneath its own
 * buttons. Plugins are installed and rows deleted at addresses with “-/” in them. The query page, the
 * column overview and static files are exceptions; in an embed that can be edited, so are those of a
 * database.
 *
 * @param {string} path  the part of an address within the workspace
 * @param {boolean} [isEditable]  whether it belongs to such an embed
 * @returns {boolean}
 */
export function decides(path, isEditable = false) {
  if (isEditable && !/^\/*-\//.test(path)) return false;
  return /(?:^|\/)-\/(?!(?:query|columns)(?:$|[/?])|static)/.test(path);
}
