/**
 * Decides, before anything of a page is drawn, whether it is light or dark, and whether it is compact, as
 * inside another page. It stands in the <head> of the site's own pages and of Datasette's, as a classic script
 * (scripts/bundle_pages.py), so that no page flashes in the wrong colours.
 *
 * The page that embeds this one says its theme in the frame's name, which stays from page to page
 * (shared/embed-messages.js). Elsewhere the system's preference counts.
 */

import { themeOfFrame } from "../../shared/embed-messages.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const wanted = self.parent === self ? undefined : themeOfFrame(self.name);
  root.toggleAttribute("data-embedded", wanted !== undefined);
  root.dataset.theme = wanted ?? (system.matches ? "dark" : "light");
}

apply();
system.addEventListener("change", apply);
// What the frame's name says may change while the page is shown (embed/frame.js).
addEventListener("datasette-lite-theme", apply);
