/**
 * Runs the catalogue on the page “Plugins”: shows the entries that match a search, and offers a named
 * package that is not among them.
 *
 * The entries are in the page's HTML (plugins/plugin_page.py); plugins-page.js does the installing.
 */

import { isWheel } from "../../shared/recipe.js";
import { byId, element } from "../ui/dom.js";
import { WANTED } from "./try-plugin.js";
import { isFound, packageName, requirementIn } from "./plugin-search.js";

export class PluginCatalogue {
  /**
   * @param {(requirement: string, isListed: boolean) => void} onInstall
   */
  constructor(onInstall) {
    this.onInstall = onInstall;
    this.field = /** @type {HTMLInputElement} */ (byId("lite-wanted"));
    /** @type {HTMLElement[]} */
    this.entries = [...byId("lite-add").querySelectorAll("[data-lite-entry]")].map(
      (entry) => /** @type {HTMLElement} */ (entry),
    );
    this.field.addEventListener("input", () => this.#search());
    byId("lite-search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
      this.#buttons()[0]?.focus();
    });
    byId("lite-add").addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-lite-install]") : null;
      const requirement = button?.getAttribute("data-lite-install");
      if (requirement) this.onInstall(requirement, this.#isListed(requirement));
    });
    const wanted = new URLSearchParams(location.search).get(WANTED);
    if (wanted && this.field.value === "") this.field.value = wanted;
    this.#search(); // a browser that comes back to this page keeps the typed text
  }

  /** @param {string[]} names  of installed plugins, which are not offered again */
  markInstalled(names) {
    const here = new Set(names.map(packageName));
    for (const button of byId("lite-catalogue").querySelectorAll("button")) {
      const name = packageName(button.dataset.liteInstall ?? "");
      const isHere = here.has(name);
      button.disabled = isHere;
      button.textContent = isHere ? "Installed" : "Install";
      button.setAttribute("aria-label", `${button.textContent}: ${name}`);
    }
  }

  /** @returns {string[]} what its entries offer to install */
  get offers() {
    return this.#offering().map(({ offer }) => offer);
  }

  /** @param {string[]} served  the offers that can be installed from the site's package index */
  keep(served) {
    const gone = this.#offering().filter(({ offer }) => !served.includes(offer));
    for (const { entry } of gone) entry.remove();
    this.entries = this.entries.filter((entry) => entry.isConnected);
    const note = byId("lite-not-served");
    note.hidden = gone.length === 0;
    note.textContent =
      gone.length === 1
        ? "1 more plugin has been tested, but this site’s package index does not have it."
        : `${gone.length} more plugins have been tested, but this site’s package index does not have them.`;
    this.#search();
  }

  /** @returns {Array<{entry: HTMLElement, offer: string}>} */
  #offering() {
    return this.entries.flatMap((entry) => {
      const offer = entry.querySelector("[data-lite-install]")?.getAttribute("data-lite-install");
      return offer ? [{ entry, offer }] : [];
    });
  }

  #search() {
    const typed = this.field.value.trim();
    const shown = this.entries.filter((entry) => {
      const found = isFound(typed, entry.textContent ?? "");
      entry.hidden = !found;
      return found;
    });
    const others = /** @type {HTMLDetailsElement | null} */ (
      document.getElementById("lite-others")
    );
    if (others) {
      const some = shown.some((entry) => others.contains(entry));
      others.hidden = !some;
      others.open = some && typed !== "";
    }
    for (const category of byId("lite-catalogue").querySelectorAll("section")) {
      category.hidden = !shown.some((entry) => category.contains(entry));
    }
    const direct = this.#direct(typed, shown.length);
    byId("lite-direct").replaceChildren(...direct);
    byId("lite-direct").hidden = direct.length === 0;
    byId("lite-catalogue").hidden = !shown.some((entry) => byId("lite-catalogue").contains(entry));
    byId("lite-found").textContent = foundInWords(typed, shown.length, direct.length > 0);
  }

  /**
   * @param {string} typed
   * @param {number} found  how many entries
   * @returns {HTMLElement[]}
   */
  #direct(typed, found) {
    const requirement = typed === "" ? null : requirementIn(typed);
    if (requirement === null) return [];
    // A search word can be a package's name as well; offering that would distract.
    const isExact = isWheel(requirement) || /^datasette-|[=<>~!]/i.test(requirement);
    if (found > 0 && !isExact) return [];
    if (requirement === packageName(requirement) && this.#isListed(requirement)) return [];
    const where = isWheel(requirement) ? "A file from another site." : "From the package index.";
    const tried = this.#isListed(requirement)
      ? ""
      : " It is not in the catalogue, so it has not been tested here.";
    const button = element(
      "button",
      {
        type: "button",
        class: "lite-install",
        "data-lite-install": requirement,
        "aria-label": `Install: ${requirement}`,
      },
      "Install",
    );
    return [
      element(
        "li",
        {},
        element("h3", {}, requirement),
        element("p", { class: "lite-from" }, where + tried),
        element("p", { class: "lite-actions" }, button),
      ),
    ];
  }

  /** @param {string} requirement */
  #isListed(requirement) {
    const name = packageName(requirement);
    return this.entries.some((entry) => entry.dataset.liteEntry === name);
  }

  /** @returns {HTMLButtonElement[]} those that can be pressed, as shown */
  #buttons() {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const all = byId("lite-add").querySelectorAll("button[data-lite-install]");
    return [...all].filter((button) => !button.disabled && button.checkVisibility());
  }
}

/**
 * @param {string} typed
 * @param {number} count
 * @param {boolean} direct
 */
function foundInWords(typed, count, direct) {
  if (typed === "") return "";
  if (count > 0) return count === 1 ? "1 in the catalogue" : `${count} in the catalogue`;
  return direct ? "Not in the catalogue" : "Nothing in the catalogue matches.";
}
