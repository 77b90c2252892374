/**
 * Checks whether this page is inside another site's. No header of a static host may prevent that, so pages
 * that ask for decisions then show none of their content.
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
    return true; // only another site's page is out of reach
  }
}

/**
 * Replace a page's content by a link that opens it in a tab of its own.
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
