/**
 * Leads links that scripts of plugins write as if Datasette were at the root of its host, such as
 * "/data?sql=…", back into the instance. Links in a page's HTML are right already
 * (engine/datasette/adaptations/root_paths.py); the worker redirects requests that scripts make.
 */

import { instancePath, parseAppPath } from "../../shared/paths.js";

/** The site's own files outside app/, relative to its root, as in root_paths.py. */
const OF_THE_SITE = ["app/", "data/index.json", "index.html", "saved.html", "v/"];

/**
 * @param {URL} siteRoot
 * @param {string} key  of the page's instance
 */
export function leadStrayLinksBack(siteRoot, key) {
  for (const type of ["click", "auxclick"]) {
    document.addEventListener(
      type,
      (event) => {
        const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
        const inside = link && insideInstance(link.href, siteRoot, key);
        if (inside) link.href = inside;
      },
      { capture: true },
    );
  }
}

/**
 * @param {string} address  absolute
 * @param {URL} siteRoot
 * @param {string} key
 * @returns {string | undefined} where it was meant to lead; undefined if it is right
 */
export function insideInstance(address, siteRoot, key) {
  if (!URL.canParse(address)) return undefined;
  const { origin, pathname, search, hash } = new URL(address);
  if (origin !== siteRoot.origin || pathname === siteRoot.pathname) return undefined;
  if (parseAppPath(pathname, siteRoot.pathname)) return undefined;
  const isOfTheSite = OF_THE_SITE.some((path) => pathname.startsWith(siteRoot.pathname + path));
  if (isOfTheSite) return undefined;
  return `${siteRoot.href}${instancePath(key)}${pathname.slice(1)}${search}${hash}`;
}
