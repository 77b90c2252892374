/**
 * Redirects requests from an instance's pages that leave out the instance's path.
 *
 * Scripts and forms of some plugins request "/graphql" or "/-/search". On a host of its own that is right,
 * but here it is outside the instance. They are redirected to it, unless the site has such a file itself.
 */

import { instancePath, parseAppPath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @param {FetchEvent} event  of this origin, outside app/ and for no file that the worker keeps
 * @returns {boolean} whether it is answered here
 */
export function answerStrayed(event) {
  const { request } = event;
  const target = targetOf(request);
  if (!target) return false;
  // 307 keeps method and body.
  if (!["GET", "HEAD"].includes(request.method)) {
    event.respondWith(Response.redirect(target, 307));
  } else {
    event.respondWith(
      fetch(request).then(
        (response) => (response.status === 404 ? Response.redirect(target, 302) : response),
        () => Response.redirect(target, 302), // offline, only instances can answer
      ),
    );
  }
  return true;
}

/**
 * @param {Pick<Request, "url" | "referrer">} request
 * @returns {string | undefined} where it was meant to go; undefined if it is not from an instance's page
 */
export function targetOf({ url, referrer }) {
  if (!URL.canParse(referrer)) return undefined;
  const from = new URL(referrer);
  if (from.origin !== SITE_ROOT.origin) return undefined;
  const page = parseAppPath(from.pathname, SITE_ROOT.pathname);
  if (!page) return undefined;
  const { pathname, search } = new URL(url);
  const isBelow = pathname.startsWith(SITE_ROOT.pathname);
  const path = pathname.slice(isBelow ? SITE_ROOT.pathname.length : 1);
  return SITE_ROOT.href + instancePath(page.key) + path + search;
}
