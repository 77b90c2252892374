/**
 * What the site's owner has decided about code that the site does not ship, as the manifest says.
 */

import manifest from "./manifest.js";
import { DEFAULT_INDEX } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @typedef {object} SiteSettings
 * @property {boolean} private  whether pages of all workspaces may talk to this site only
 * @property {boolean} locked   whether the site takes no code from links or persons
 * @property {string[]} indexes absolute URLs of package indexes, "default" for micropip's own; the first
 *   that has a package counts
 * @property {string} distribution  absolute URL of Pyodide's distribution, which has packages with native
 *   code; "" for none
 * @property {string[]} plugins names of the packages built into the site
 * @property {string[]} hashes  SHA-256 of their wheels
 * @property {Record<string, {entry: string, sha256: string}>} apps  the owner's own apps, which run without
 *   asking: where the application is, and the hash of the code, by addresses relative to the site
 * @property {boolean} snapshots   whether Python may start from snapshots of its memory
 * @property {boolean} exercises  whether it may make pages that nobody reads (warm-up.js)
 */

/**
 * @typedef {Omit<SiteSettings, "indexes"> & {index: string | string[]}} OwnerSettings  index: addresses
 *   relative to the site, "default" for micropip's own
 */

/** @returns {SiteSettings} */
export function siteSettings() {
  const {
    locked = false,
    private: isPrivate = false,
    index = DEFAULT_INDEX,
    distribution = "",
    plugins = [],
    hashes = [],
    apps = {},
    snapshots = true,
    exercises = false,
  } = manifest.settings;
  return {
    private: isPrivate,
    locked,
    indexes: [index]
      .flat()
      .map((one) => (one === DEFAULT_INDEX ? one : new URL(one, SITE_ROOT).href)),
    distribution: distribution && new URL(distribution, SITE_ROOT).href,
    plugins,
    hashes,
    apps,
    snapshots,
    exercises,
  };
}
