/**
 * The site's location on its host, for pages and workers. Only this module knows how deep in the site
 * its code is served.
 *
 * The build puts all of shell/ into v/VERSION/shell/ (datasette_lite/versions.py says why), so a relative
 * import never leaves its version, and the site's root is four folders up from here.
 */

/** The folder of this version's JavaScript, CSS and icons. */
export const SHELL_ROOT = new URL("../", import.meta.url);

/** The folder of index.html and sw.js, at any depth of any host. */
export const SITE_ROOT = new URL("../../../", SHELL_ROOT);
