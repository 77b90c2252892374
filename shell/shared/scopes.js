/**
 * Maps addresses to service workers: one registration for the site's root, and one for each workspace.
 *
 * The browser gives a page to the registration with the longest matching scope, so a workspace's scope is
 * its address and needs no list of exceptions. https://w3c.github.io/ServiceWorker/
 */

import { instancePath, parseAppPath } from "./paths.js";
import { SITE_ROOT } from "./site.js";

/**
 * The target of a worker or a question: the key of a workspace ("" is the default one), or the site's
 * root.
 *
 * @typedef {string | typeof ROOT} Role
 */

/** @type {unique symbol} */
export const ROOT = Symbol("the site's root");

/**
 * @param {Role} role
 * @returns {string} URL
 */
export function scopeOf(role) {
  return role === ROOT ? SITE_ROOT.href : SITE_ROOT.href + instancePath(role);
}

/**
 * @param {string} scope  URL of a registration
 * @returns {Role | undefined} undefined for a registration of another site on this origin
 */
export function roleOf(scope) {
  if (scope === SITE_ROOT.href) return ROOT;
  const url = new URL(scope);
  if (url.origin !== SITE_ROOT.origin) return undefined;
  const address = parseAppPath(url.pathname, SITE_ROOT.pathname);
  return address && scopeOf(address.key) === scope ? address.key : undefined;
}
