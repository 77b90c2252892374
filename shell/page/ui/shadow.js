/**
 * Isolates parts of a page whose styles must not mix with the page's own, as on the pages of Datasette
 * and of its plugins: each is in a shadow root with stylesheets of its own.
 */

import { element } from "./dom.js";

/**
 * @param {HTMLElement} host
 * @param {string[]} styles  names of stylesheets beside this file
 * @returns {ShadowRoot}
 */
export function shadowWith(host, styles) {
  const root = host.attachShadow({ mode: "open" });
  root.append(
    ...styles.map((name) =>
      element("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href }),
    ),
  );
  return root;
}

/**
 * @param {ShadowRoot} root
 * @returns {Promise<void>} settled when its stylesheets have loaded or failed
 */
export async function whenStyled(root) {
  const links = [...root.querySelectorAll("link")].filter(({ sheet }) => sheet === null);
  await Promise.all(
    links.map(
      (link) =>
        new Promise((resolve) => {
          link.addEventListener("load", resolve);
          link.addEventListener("error", resolve);
        }),
    ),
  );
}
