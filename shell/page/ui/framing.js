/**
 * Whether this page is inside another site's. Where the static host answers, no header may keep it out of
 * there, so pages that decide something show nothing of theirs.
 */

import { element } from "./dom.js";

/** @returns {boolean} */
export function isFramedByOthers() {
  try {
    for (let page = window; page !== page.parent;) {
      page = /** @type {Window & typeof globalThis} */ (page.parent);
      if (page.location.origin !== location.origin) return true;
    }
    return false;
  } catch {
    return true; // what cannot be looked at is another site's
  }
}

/**
 * Show, in place of a page's content, that it opens in a tab of its own only.
 *
 * @param {HTMLElement} main
 */
export function showOnlyALink(main) {
  const link = element(
    "a",
    { class: "primary", href: location.href, target: "_blank", rel: "noopener noreferrer" },
    "Open in a tab",
  );
  main.replaceChildren(
    element("div", { class: "page-header" }, element("h1", {}, "Open this in a tab of its own")),
    element(
      "p",
      {},
      "It is not shown inside other pages, because they could put their own buttons over it.",
    ),
    element("p", { class: "actions" }, link),
  );
}
