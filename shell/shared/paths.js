/**
 * Reads and writes addresses of the site: its root, the addresses under app/, and the instance that each
 * one names.
 *
 * recipe.js knows what an instance's key means. Nothing here touches the network or the DOM.
 */

const APP = "app/";

/**
 * An address under app/, taken apart.
 *
 * @typedef {object} AppPath
 * @property {string} root  path of the site's root, with both slashes: "/" or "/some/sub/path/"
 * @property {string} key   the instance's key; "" is the default instance
 * @property {string} path  the rest, within the instance, without a leading slash: "data/table"
 */

/**
 * Parse the path of an address under app/. The first "/app/" counts, since the site's root may be any
 * sub-path.
 *
 * @param {string} pathname  the path of a URL, percent-escapes as they stand
 * @param {string} [root]    the site's root, if known
 * @returns {AppPath | null} null when the path is not under app/
 */
export function parseAppPath(pathname, root) {
  const start = root === undefined ? pathname.indexOf(`/${APP}`) + 1 : root.length;
  if (start === 0 || !pathname.startsWith(APP, start)) return null;
  if (root !== undefined && !pathname.startsWith(root)) return null;
  const rest = pathname.slice(start + APP.length);
  const match = /^@([^/]*)(?:\/|$)/.exec(rest);
  return {
    root: pathname.slice(0, start),
    key: match ? match[1] : "",
    path: match ? rest.slice(match[0].length) : rest,
  };
}

/**
 * The address of a page of an instance, whatever a link says after its “#/”.
 *
 * @param {URL} siteRoot
 * @param {string} key
 * @param {string} path  relative to the instance, with a query if need be
 * @returns {string} absolute; the instance's home page for a path that leads out of it
 */
export function pageAddress(siteRoot, key, path) {
  const home = siteRoot.href + instancePath(key);
  if (!URL.canParse(home + path)) return home;
  const { href, pathname } = new URL(home + path);
  const isWithin = parseAppPath(pathname, siteRoot.pathname)?.key === key;
  return href.startsWith(home) && isWithin ? href : home;
}

/**
 * The path of an instance, relative to the site's root. This is its Datasette's base_url.
 *
 * @param {string} key  "" for the default instance
 * @returns {string} "app/" or "app/@KEY/"
 */
export function instancePath(key) {
  return key === "" ? APP : `${APP}@${key}/`;
}
