/**
 * Where the site is on its host, for pages and worker alike: the only module that knows how deep in the
 * site this code is served.
 *
 * The build puts all of shell/ into v/VERSION/shell/ (scripts/versions.py says why), so a relative import
 * never leaves its version, and the site's root is four folders up from here.
 */

/** Where this version's JavaScript, CSS and icons lie. */
export const SHELL_ROOT = new URL("../", import.meta.url);

/** The folder of index.html and sw.js, at any depth of any host. */
export const SITE_ROOT = new URL("../../../", SHELL_ROOT);
