/**
 * Keeps data that a link carries in itself (inline-data.js) where the worker finds it: in Cache Storage,
 * at the address that the recipe gives it. It is read from there instead of being fetched.
 */

import { LiteError } from "./errors.js";
import { INLINE_FOLDER, inlineAddress, inlineFiles } from "./inline-data.js";
import { SITE_ROOT } from "./site.js";

const CACHE = `datasette-lite ${SITE_ROOT.pathname} inline`;

/** The most files that are kept; the oldest is removed first. */
const MOST_FILES = 200;

/**
 * @param {string} data  of a fragment, see splitFragment
 * @returns {Promise<void>}
 * @throws {LiteError} it cannot be read
 */
export async function keepInline(data) {
  const files = await inlineFiles(data);
  const cache = await caches.open(CACHE);
  for (const file of files) {
    const url = new URL(await inlineAddress(file), SITE_ROOT);
    await cache.delete(url); // so that it counts as the newest
    await cache.put(url, new Response(file.text));
  }
  const kept = await cache.keys();
  const surplus = kept.slice(0, Math.max(0, kept.length - MOST_FILES));
  await Promise.all(surplus.map((request) => cache.delete(request)));
}

/**
 * @param {string} url  absolute
 * @returns {boolean} whether it is an address of inline data
 */
export function isInline(url) {
  return url.startsWith(SITE_ROOT.href + INLINE_FOLDER);
}

/**
 * @param {string} url  of inline data
 * @returns {Promise<Response>}
 * @throws {LiteError} it is not in this browser
 */
export async function inlineResponse(url) {
  const found = await caches.match(url, { cacheName: CACHE });
  if (found) return found;
  throw new LiteError("This data is part of a page that embeds it, and is not in this browser.", {
    hint: "Open it from that page: there, start the table or follow its link “Open full size”.",
    source: url,
  });
}
