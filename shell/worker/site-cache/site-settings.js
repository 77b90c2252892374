/**
 * Reads what the site's owner has decided about code that the site does not ship (site.json).
 */

import manifest from "./manifest.js";
import { siteFile } from "./site-files.js";
import { DEFAULT_INDEX } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @typedef {object} SiteSettings
 * @property {boolean} private  whether pages of all workspaces may talk to this site only
 * @property {boolean} locked   whether the site takes no code from links or persons
 * @property {string[]} indexes absolute URLs of package indexes, "default" for micropip's own; the first
 *   that has a package counts
 * @property {string[]} plugins names of the packages built into the site
 * @property {string[]} hashes  SHA-256 of their wheels
 * @property {boolean} images   whether Python may start from images of its memory
 * @property {boolean} exercises  whether it may make pages that nobody reads (warm-up.js)
 */

const FILE = "site.json";

/** @returns {Promise<SiteSettings>} */
export async function siteSettings() {
  /** @type {Partial<Omit<SiteSettings, "indexes">> & {index?: string | string[]}} */
  const {
    locked = false,
    private: isPrivate = false,
    index = DEFAULT_INDEX,
    plugins = [],
    hashes = [],
    images = true,
    exercises = false,
  } = Object.hasOwn(manifest.files, FILE) ? await (await siteFile(FILE)).json() : {};
  return {
    private: isPrivate,
    locked,
    indexes: [index]
      .flat()
      .map((one) => (one === DEFAULT_INDEX ? one : new URL(one, SITE_ROOT).href)),
    plugins,
    hashes,
    images,
    exercises,
  };
}
