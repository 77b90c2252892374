/**
 * Where a page load comes from, and whether its sender chose work for it to do.
 *
 * Any web page can open any address here, in a window or a frame, and every link can name a query. Such
 * a request must not run against data that only this browser has: how long it takes, whether it becomes
 * a download, how many frames its page has, all of that tells the sender what is in a row. So this looks
 * at the request alone, before anything of the workspace is started.
 */

import { instancePath, parseAppPath } from "../../shared/paths.js";

/** @typedef {Pick<Request, "url" | "referrer" | "destination" | "method" | "headers">} Arrival */

/** Destinations of a page load into another page. */
const FRAMES = ["iframe", "frame", "embed", "object", "fencedframe"];

/** Parameters that choose no data, only how a page looks. */
const HARMLESS = ["_hide_sql", "_show_sql"];

/**
 * Whether a page load provably comes from a page of the same workspace. A request without a referrer
 * does not, nor does one from the launcher: what its links open is whoever wrote them's to choose.
 *
 * @param {Pick<Arrival, "referrer">} request
 * @param {string} key  of the workspace that is asked
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
 * Whether the address itself says what to do: filters, sorts, runs SQL, or downloads.
 *
 * @param {string} url
 * @param {string} path  what of it is for the workspace
 * @returns {boolean}
 */
export function choosesWork(url, path) {
  const parameters = [...new URL(url).searchParams.keys()];
  if (parameters.some((name) => !HARMLESS.includes(name))) return true;
  // Datasette writes the dots in names of databases, tables and rows as ~2E, so a dot in the last part
  // asks for another format: a download.
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
 * Whether a page of Datasette asks for decisions, so that no other site may put it under its own
 * buttons: plugins are installed and rows deleted at addresses with “-/” in them. Those of the query
 * page and of static files are the exceptions, and in an embed that can be edited those of a database.
 *
 * @param {string} path  what of an address is for the workspace
 * @param {boolean} [isEditable]  whether it is such an embed's
 * @returns {boolean}
 */
export function decides(path, isEditable = false) {
  if (isEditable && !/^\/*-\//.test(path)) return false;
  return /(?:^|\/)-\/(?!query(?:$|[/?])|static)/.test(path);
}
