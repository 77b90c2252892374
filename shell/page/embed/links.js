/**
 * What links do in a page that is embedded: those within the workspace stay in the frame, data in other
 * formats is downloaded, and all else opens in a tab. In the frame it would take the place of the data,
 * with no way back but the browser's.
 */

import { offerDownload } from "../ui/offer-download.js";

/** @param {string} home  address of the workspace */
export function keepLinksInside(home) {
  document.addEventListener(
    "click",
    (event) => {
      const { target } = event;
      const link = target instanceof Element ? target.closest("a[href]") : null;
      if (!(link instanceof HTMLAnchorElement) || !/^https?:$/.test(link.protocol)) return;
      if (!link.href.startsWith(home)) {
        link.target = "_blank";
        link.rel = "noopener";
      } else if (isFile(link.pathname)) {
        event.preventDefault();
        void download(link.href);
      }
    },
    true,
  );
}

/**
 * @param {string} pathname
 * @returns {boolean} whether it asks for another format than a page
 */
function isFile(pathname) {
  // In names, Datasette writes dots as ~2E.
  return pathname.slice(pathname.lastIndexOf("/") + 1).includes(".");
}

/** @param {string} href */
async function download(href) {
  try {
    const response = await fetch(href);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { pathname } = new URL(href);
    offerDownload(await response.blob(), pathname.slice(pathname.lastIndexOf("/") + 1));
  } catch {
    // The page at that address says what is wrong.
    location.assign(href);
  }
}
