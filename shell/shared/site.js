/**
 * Where on its host the site lies, for pages and worker alike: the one place that knows how deep in
 * the site this code is served.
 *
 * The build lays the whole of shell/ out as v/VERSION/shell/ (datasette_lite/versions.py says why), so a
 * relative import never leaves its version, and the site's root is four folders up from here.
 */

/** Where this version's JavaScript, CSS and icons lie. */
export const SHELL_ROOT = new URL("../", import.meta.url);

/** The folder of index.html and sw.js, at any depth of any host. */
export const SITE_ROOT = new URL("../../../", SHELL_ROOT);
