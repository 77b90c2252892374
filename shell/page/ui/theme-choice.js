/**
 * The theme that a person has chosen for all pages of the site, if any.
 */

/** @typedef {import("../../shared/embed-messages.js").Theme} Theme */

/** Event on the window after which appearance.js looks again. */
export const THEME_CHANGED = "datasette-lite-theme";

const ITEM = "datasette-lite theme";

/** @returns {Theme | undefined} undefined for the system's preference */
export function chosenTheme() {
  try {
    const chosen = localStorage.getItem(ITEM);
    return chosen === "light" || chosen === "dark" ? chosen : undefined;
  } catch {
    return undefined; // the browser does not let this page store anything
  }
}

/** @param {Theme} theme */
export function chooseTheme(theme) {
  const isSystems = matchMedia("(prefers-color-scheme: dark)").matches === (theme === "dark");
  try {
    // Choosing what the system prefers means to go on following it.
    if (isSystems) localStorage.removeItem(ITEM);
    else localStorage.setItem(ITEM, theme);
  } catch {
    // The choice is not kept, then.
  }
  dispatchEvent(new Event(THEME_CHANGED));
}
