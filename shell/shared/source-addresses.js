/**
 * Decides which addresses the launcher and the worker may fetch as data. Both fetch sources only through
 * fetch-source.js, which checks an address here before it fetches it, and again after redirects.
 */

import { LiteError } from "./errors.js";
import { instancePath } from "./paths.js";
import { SITE_ROOT } from "./site.js";

/** Characters; not all browsers and hosts support more. */
const LONGEST = 16_000;

/** Characters of an address that a sentence shows. */
const SHOWN = 200;

/**
 * @param {string} address  absolute
 * @param {URL} [siteRoot]
 * @returns {URL}
 * @throws {LiteError} it is not an address of data
 */
export function sourceAddress(address, siteRoot = SITE_ROOT) {
  const shown = address.length > SHOWN ? `${address.slice(0, SHOWN)}…` : address;
  /**
   * @param {string} message
   * @param {string} hint
   */
  const refused = (message, hint) => new LiteError(message, { hint, source: shown });
  if (address.length > LONGEST) {
    throw refused(
      `The address ${shown} is too long: it has ${address.length.toLocaleString("en")} characters.`,
      `Addresses of up to ${LONGEST.toLocaleString("en")} characters can be opened.`,
    );
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw refused(
      `“${shown}” is not an address that can be fetched.`,
      "Use an address that begins with https:// or http://.",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw refused(
      `The address of ${url.host} contains a user name or password.`,
      "Everybody who gets the link could read it. Use an address that works without one, or download the " +
        "file and drop it onto this page.",
    );
  }
  if (url.origin === siteRoot.origin && isOfWorkspace(url.pathname, siteRoot)) {
    throw refused(
      `${shown} is a page of this site’s own workspaces, not a data file.`,
      "A link cannot bring one workspace’s data into another. Download the data there and drop the file " +
        "onto the page it is for.",
    );
  }
  return url;
}

/**
 * @param {string} pathname  from a URL object, which has resolved “..”
 * @param {URL} siteRoot
 */
function isOfWorkspace(pathname, siteRoot) {
  // Hosts may read escapes and doubled slashes as the same file; no legitimate address has them here.
  const plain = decoded(pathname)
    .replace(/\/{2,}/g, "/")
    .toLowerCase();
  return `${plain}/`.startsWith(`${siteRoot.pathname}${instancePath("")}`.toLowerCase());
}

/** @param {string} path */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
