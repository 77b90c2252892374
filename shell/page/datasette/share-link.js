/**
 * What can be shared of a page: a link to it, and code that embeds it. Both say where the data comes from,
 * so they exist only where that is a place that others can reach.
 */

import { SOURCE_PARAMETERS } from "../../shared/parameters.js";
import { pageAddress } from "../../shared/paths.js";
import { isForOwnFiles, launcherLink } from "../../shared/recipe.js";

/** @typedef {import("../../shared/recipe.js").Recipe} Recipe */

/**
 * @typedef {object} Shareable
 * @property {string} link
 * @property {string} embed  HTML
 */

/**
 * @param {object} page
 * @param {string} page.key
 * @param {Recipe} page.recipe  that the key stands for
 * @param {string} page.path  of the page within the workspace, with its query
 * @param {URL} siteRoot
 * @returns {Shareable | undefined} undefined for a workspace of the person's own files
 */
export function shareable({ key, recipe, path }, siteRoot) {
  if (isForOwnFiles(recipe)) return undefined;
  // The launcher opens what the site ships only at a place.
  const place = path || (recipe.length === 0 ? "./" : "");
  const friendly = launcherLink(recipe, place, siteRoot);
  const address = pageAddress(siteRoot, key, path);
  const link = address.length < friendly.length ? address : friendly;
  return { link, embed: embedCode(recipe, path, siteRoot) };
}

/**
 * @param {Recipe} recipe
 * @param {string} path
 * @param {URL} siteRoot
 */
function embedCode(recipe, path, siteRoot) {
  const whole = recipe.map(([name, value]) => {
    const isFile = /** @type {readonly string[]} */ (SOURCE_PARAMETERS).includes(name);
    // The page with the embed may be anywhere.
    return [name, isFile && URL.canParse(value, siteRoot) ? new URL(value, siteRoot).href : value];
  });
  const query = new URLSearchParams(whole).toString();
  const attributes = [...(query ? [`link="?${escaped(query)}"`] : []), `path="/${escaped(path)}"`];
  return (
    `<script async src="${escaped(new URL("embed.js", siteRoot).href)}"></script>\n` +
    `<datasette-lite ${attributes.join(" ")}></datasette-lite>`
  );
}

/** @param {string} text  for the value of an attribute */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
