/**
 * Keeps copies of the large parts in Cache Storage, for when neither the HTTP cache nor the network has
 * them. runtime/assets.js knows which parts there are and when a copy is used.
 *
 * A copy is useful only if it is complete, and it is only a convenience: if none can be kept, because
 * space or permission is missing, everything must still work.
 */

import { PARTS_CACHE } from "./caches.js";

/**
 * @param {URL} url  with the version
 * @returns {Promise<Response | undefined>}
 */
export function copyOf(url) {
  return caches.match(url, { cacheName: PARTS_CACHE }).catch(() => undefined);
}

/**
 * Whether there is a copy of the right size. The content is compared when it is used.
 *
 * @param {URL} url
 * @param {number} size  in bytes
 * @returns {Promise<boolean>}
 */
export async function hasCopy(url, size) {
  const copy = await copyOf(url);
  return copy !== undefined && (await copy.blob()).size === size;
}

/**
 * @param {URL} url
 * @param {Uint8Array} bytes
 * @param {string} type  media type
 * @returns {Promise<void>}
 */
export async function keepCopy(url, bytes, type) {
  const cache = await caches.open(PARTS_CACHE);
  const body = /** @type {BodyInit} */ (bytes);
  await cache.put(url, new Response(body, { headers: { "content-type": type } }));
}

/**
 * @param {URL} url
 * @returns {Promise<void>}
 */
export async function dropCopy(url) {
  await (await caches.open(PARTS_CACHE)).delete(url);
}

/**
 * @param {string[]} urls  absolute
 * @returns {Promise<void>}
 */
export async function dropCopiesExcept(urls) {
  if (!(await caches.has(PARTS_CACHE))) return;
  const cache = await caches.open(PARTS_CACHE);
  const useless = (await cache.keys()).filter(({ url }) => !urls.includes(url));
  await Promise.all(useless.map((request) => cache.delete(request)));
}
