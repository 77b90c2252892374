/**
 * The list of saved instances: one card each, with what it is and what can be done with it.
 *
 * Draws only, and redraws a card only when what it shows has changed, so that the focus stays where it
 * is. saved.js acts on the buttons.
 */

import { instancePath } from "../../shared/paths.js";
import { databasesAmong, isChanged, sourcesOfSaved } from "./describe-saved.js";
import { sourceItem } from "../ui/describe-sources.js";
import { element, formatBytes } from "../ui/dom.js";
import { refreshTimes, timeElement } from "../ui/relative-time.js";
import { unresponsiveAddress } from "../worker/responsiveness.js";
import { headingOf } from "../ui/workspace-name.js";

/** @typedef {import("../../shared/saved-store.js").Listing} Listing */

/**
 * @typedef {object} CardActions
 * @property {(listing: Listing, path: string) => void} download  one database
 * @property {(listing: Listing) => void} exportOne
 * @property {(listing: Listing) => void} rename
 * @property {(listing: Listing) => void} remove
 */

export class SavedList {
  #list;
  #siteRoot;
  #actions;
  /** @type {Map<string, {shown: string, card: HTMLElement}>} by key */
  #cards = new Map();

  /**
   * @param {HTMLElement} list
   * @param {URL} siteRoot
   * @param {CardActions} actions
   */
  constructor(list, siteRoot, actions) {
    this.#list = list;
    this.#siteRoot = siteRoot;
    this.#actions = actions;
  }

  /**
   * @param {Listing[]} listings
   * @param {Set<string>} silent  keys of workspaces that do not answer
   */
  show(listings, silent) {
    const cards = new Map(
      listings.map((listing) => {
        const { key } = listing.instance;
        const isSilent = silent.has(key);
        const shown = JSON.stringify([listing, isSilent]);
        const before = this.#cards.get(key);
        const card = before?.shown === shown ? before.card : this.#draw(listing, isSilent);
        return [key, { shown, card }];
      }),
    );
    const focus = this.#focus();
    this.#cards = cards;
    const wanted = [...cards.values()].map(({ card }) => card);
    // Moving an element takes the focus off it, so leave those that are in place already.
    for (const card of [...this.#list.children]) {
      if (!wanted.includes(/** @type {HTMLElement} */ (card))) card.remove();
    }
    wanted.forEach((card, index) => {
      const there = this.#list.children[index] ?? null;
      if (there !== card) this.#list.insertBefore(card, there);
    });
    refreshTimes(this.#list);
    const control = focus && cards.get(focus.key)?.card.querySelectorAll("a, button")[focus.index];
    if (control && control !== document.activeElement) {
      /** @type {HTMLElement} */ (control).focus({ preventScroll: true });
    }
  }

  /** @returns {{key: string, index: number} | undefined} which control of which card has the focus */
  #focus() {
    for (const [key, { card }] of this.#cards) {
      const index = [...card.querySelectorAll("a, button")].findIndex(
        (control) => control === document.activeElement,
      );
      if (index >= 0) return { key, index };
    }
    return undefined;
  }

  /**
   * @param {Listing} listing
   * @param {boolean} isSilent
   * @returns {HTMLLIElement}
   */
  #draw(listing, isSilent) {
    const { instance, faults, files } = listing;
    const name = headingOf(instance, this.#siteRoot);
    const href = this.#siteRoot.href + instancePath(instance.key);
    const sources = sourcesOfSaved(listing, this.#siteRoot);
    const databases = databasesAmong(files);
    const isImported = instance.origin === "import";
    const origin = isImported ? "Where it came from, according to the file" : "Where it came from";
    const about = element(
      "div",
      { class: "about" },
      element(
        "div",
        { class: "title" },
        element("h2", {}, element("a", { href }, name)),
        ...labels(listing).map((label) => element("span", { class: "kind edited" }, label)),
        ...(isImported ? [element("span", { class: "kind" }, "imported from a file")] : []),
      ),
      ...(isSilent ? [silence(instance.key)] : []),
      element("p", { class: "facts" }, ...(faults.length > 0 ? damage(listing) : facts(instance))),
      element(
        "ul",
        { class: "sources", "aria-label": origin, hidden: sources.length === 0 },
        ...sources.map(sourceItem),
      ),
      element(
        "ul",
        { class: "databases", "aria-label": "Downloads", hidden: databases.length === 0 },
        ...databases.map((database) => this.#database(listing, database)),
      ),
    );
    const actions = element(
      "p",
      { class: "actions" },
      element("a", { class: "plain", href, "aria-label": `Open ${name}` }, "Open"),
      action("Rename", `Rename ${name}`, () => this.#actions.rename(listing)),
      action("Export", `Export ${name}`, () => this.#actions.exportOne(listing)),
      action("Delete", `Delete ${name}`, () => this.#actions.remove(listing), "plain danger"),
    );
    return element("li", { class: "card" }, about, actions);
  }

  /**
   * @param {Listing} listing
   * @param {import("./describe-saved.js").SavedDatabase} database
   */
  #database(listing, { file, path, size, host }) {
    if (host) {
      const where = `Your changes to it are in this browser, and parts that were read; all of it is on ${host}.`;
      return element("li", {}, `${file}, ${formatBytes(size)}. ${where}`);
    }
    const download = action(
      file,
      `Download ${file}`,
      () => this.#actions.download(listing, path),
      "quiet",
    );
    return element("li", {}, "Download ", download, " ", formatBytes(size));
  }
}

/** @param {string} key */
function silence(key) {
  const help = element("a", { href: unresponsiveAddress(key) }, "See what you can do");
  return element("p", { class: "silent" }, "This workspace does not answer. ", help);
}

/**
 * @param {Listing} listing
 * @returns {string[]}
 */
function labels({ instance, faults }) {
  if (faults.length > 0) return ["damaged"];
  return isChanged(instance) ? ["edited"] : [];
}

/**
 * @param {Listing["instance"]} instance
 * @returns {Array<string | Node>}
 */
function facts({ size, usedAt, createdAt }) {
  const times = [" · used ", timeElement(usedAt), " · first opened ", timeElement(createdAt)];
  return [formatBytes(size), ...times];
}

/**
 * @param {Listing} listing
 * @returns {string[]}
 */
function damage({ faults, files }) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return [
    `${formatBytes(size)} · The record of this workspace is damaged`,
    ` (${faults.join(", ")}). The data may be fine: open, download or export it, or delete it.`,
  ];
}

/**
 * @param {string} text
 * @param {string} label  which names the card, for people who cannot see it around the button
 * @param {() => void} onClick
 * @param {string} [look]
 */
function action(text, label, onClick, look = "plain") {
  const button = element("button", { type: "button", class: look, "aria-label": label }, text);
  button.addEventListener("click", onClick);
  return button;
}
