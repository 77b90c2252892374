/**
 * Adds an entry to Datasette's menu that switches between the light and the dark theme, where the page has
 * both (plugins/appearance.py).
 */

import { element } from "../ui/dom.js";
import { chooseTheme, THEME_CHANGED } from "../ui/theme-choice.js";

export function addThemeSwitch() {
  const { dataset } = document.documentElement;
  const menu = document.querySelector(".nav-menu-inner ul");
  if (!menu || !dataset.theme) return;
  const button = element("button", { type: "button", class: "button-as-link" });
  const other = () => (dataset.theme === "dark" ? "light" : "dark");
  const say = () => (button.textContent = other() === "dark" ? "Dark theme" : "Light theme");
  button.addEventListener("click", () => chooseTheme(other()));
  addEventListener(THEME_CHANGED, say);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
  say();
  menu.append(element("li", {}, button));
}
