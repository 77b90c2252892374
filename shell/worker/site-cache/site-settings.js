/**
 * What the site's owner has decided about code that the site does not ship (site.json).
 */

import manifest from "./manifest.js";
import { siteFile } from "./site-files.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @typedef {object} SiteSettings
 * @property {boolean} private  whether pages of all workspaces may talk to this site only
 * @property {boolean} locked   whether the site takes no code from links or persons
 * @property {string} index     absolute URL of the package index, "" for micropip's own
 * @property {string[]} plugins names of the packages built into the site
 * @property {string[]} hashes  SHA-256 of their wheels
 * @property {boolean} images   whether Python may start from images of its memory
 * @property {boolean} exercises  whether it may make pages that nobody reads (warm-up.js)
 */

const FILE = "site.json";

/** @returns {Promise<SiteSettings>} */
export async function siteSettings() {
  /** @type {Partial<Omit<SiteSettings, "index">> & {index?: string | null}} */
  const {
    locked = false,
    private: isPrivate = false,
    index,
    plugins = [],
    hashes = [],
    images = true,
    exercises = false,
  } = Object.hasOwn(manifest.files, FILE) ? await (await siteFile(FILE)).json() : {};
  return {
    private: isPrivate,
    locked,
    index: index ? new URL(index, SITE_ROOT).href : "",
    plugins,
    hashes,
    images,
    exercises,
  };
}
