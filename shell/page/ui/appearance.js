/**
 * Decides, before anything of a page is drawn, whether it is light or dark, and whether it is compact, as
 * inside another page. It stands in the <head> of the site's own pages and of Datasette's, as a classic script
 * (scripts/bundle_pages.py), so that no page flashes in the wrong colours.
 *
 * A page that embeds this one gives its theme in the frame's name, which stays from page to page
 * (shared/embed-messages.js). Elsewhere the person's choice counts, or else the system's preference.
 */

import { themeOfFrame } from "../../shared/embed-messages.js";
import { chosenTheme, THEME_CHANGED } from "./theme-choice.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const around = self.parent === self ? undefined : themeOfFrame(self.name);
  root.toggleAttribute("data-embedded", around !== undefined);
  root.dataset.theme = around ?? chosenTheme() ?? (system.matches ? "dark" : "light");
}

apply();
system.addEventListener("change", apply);
addEventListener(THEME_CHANGED, apply);
// The choice was made in another tab.
addEventListener("storage", apply);
