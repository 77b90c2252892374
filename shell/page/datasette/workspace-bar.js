/**
 * Adds the way back and onward to the header of Datasette's pages: the site's start page, “Open files…”, “New
 * workspace” and “Share”. On narrow screens all but the first are in Datasette's menu only.
 *
 * workspace-bar.css keeps room for the logo, so that nothing moves when this script runs.
 */

import { SITE_ROOT } from "../../shared/site.js";
import { element } from "../ui/dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} key  of the workspace of this page */
export function addWorkspaceBar(key) {
  const nav = document.querySelector("header.hd nav");
  if (!nav) return;
  const home = element("a", {
    class: "lite-home",
    href: SITE_ROOT.href,
    title: "Start page",
    "aria-label": "Start page",
  });
  home.append(logo());
  nav.prepend(home);
  const share = () => void openShare(key);
  nav.append(
    element(
      "div",
      { class: "lite-bar" },
      element("button", { type: "button", "data-lite-open-files": true }, "Open files…"),
      button("Share", share),
    ),
  );
  const menu = nav.querySelector(".nav-menu-inner ul");
  const entry = { class: "button-as-link", type: "button" };
  menu?.prepend(
    item(element("a", { href: SITE_ROOT.href }, "Start page")),
    item(element("a", { href: `${SITE_ROOT.href}#open` }, "New workspace")),
    item(element("button", { ...entry, "data-lite-open-files": true }, "Open files…")),
    item(button("Share…", share, entry)),
  );
}

/** @param {string} key */
async function openShare(key) {
  try {
    const { showShareDialog } = await import("./share-dialog.js");
    await showShareDialog(key);
  } catch {
    alert("A part of this site could not be loaded. Check your connection and reload the page.");
  }
}

/**
 * @param {string} label
 * @param {() => void} onClick
 * @param {Record<string, string>} [attributes]
 */
function button(label, onClick, attributes = { type: "button" }) {
  const made = element("button", attributes, label);
  made.addEventListener("click", onClick);
  return made;
}

/** @param {HTMLElement} content */
function item(content) {
  return element("li", {}, content);
}

/** The same as on the site's own pages. */
function logo() {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 18 18", width: "16", height: "16" })) {
    svg.setAttribute(name, value);
  }
  svg.setAttribute("aria-hidden", "true");
  for (const [fill, d] of [
    ["#8fd6a9", "M0 0h4v18H0z"],
    ["#fffff4", "M7 0h11v4H7zm0 7h11v4H7zm0 7h7v4H7z"],
  ]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("fill", fill);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
