/**
 * Shows the cards of what the site ships, made from data/index.json and apps/index.json. Each is a plain
 * launcher link.
 */

import { element, formatBytes } from "../ui/dom.js";
import { kindInWords } from "../ui/describe-sources.js";

/**
 * An entry of data/index.json.
 *
 * @typedef {object} Example
 * @property {string} file         its name in data/
 * @property {string} param        the query parameter that opens it: "url" or "csv"
 * @property {string} [name]       name of the database or table, if it is not named after its file
 * @property {string} title
 * @property {string} [description]  a sentence; this and the following are missing for a file that
 *   was only put into data/ and not described
 * @property {string} [path]       the page of Datasette to show, relative to the instance
 * @property {string} [source]     whose work it is and which release
 * @property {string} [source_url]
 * @property {string} [license]
 * @property {string} [color]      six hex digits: the colour Datasette gives the database
 * @property {number} [size]       in bytes
 */

/**
 * @param {HTMLElement} list
 * @param {URL} siteRoot
 * @returns {Promise<void>}
 */
export async function showExamples(list, siteRoot) {
  try {
    const response = await fetch(new URL("data/index.json", siteRoot));
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    /** @type {Example[]} */
    const examples = await response.json();
    list.replaceChildren(...examples.map(exampleCard));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    list.replaceChildren(
      element("li", { class: "notice" }, `The list of examples could not be loaded (${reason}).`),
    );
  }
  list.removeAttribute("aria-busy");
}

/**
 * An entry of apps/index.json.
 *
 * @typedef {object} AppExample
 * @property {string} file         its name in apps/
 * @property {string} [entry]      as in a link
 * @property {string} title
 * @property {string} framework
 * @property {string} description  a sentence
 */

/**
 * Show the apps that the site ships, and the section they are in; it stays hidden if there are none.
 *
 * @param {HTMLElement} section
 * @param {HTMLElement} list  in it
 * @param {URL} siteRoot
 * @returns {Promise<void>}
 */
export async function showApps(section, list, siteRoot) {
  // The examples of data come first: without these the page is complete.
  const response = await fetch(new URL("apps/index.json", siteRoot)).catch(() => undefined);
  /** @type {AppExample[]} */
  const apps = response?.ok ? await response.json() : [];
  list.replaceChildren(...apps.map(appCard));
  section.hidden = apps.length === 0;
}

/** @param {AppExample} app */
function appCard({ file, entry, title, framework, description }) {
  const option = entry ? `&entry=${encodeURIComponent(entry)}` : "";
  const link = element("a", { href: `./?app=apps/${encodeURIComponent(file)}${option}` }, title);
  const code = element("a", { href: `./apps/${encodeURIComponent(file)}` }, "Its code");
  return element(
    "li",
    { class: "card" },
    element("h3", {}, link),
    element("p", {}, description),
    element("p", { class: "facts" }, element("span", { class: "kind" }, framework), " ", code),
  );
}

/** @param {Example} example */
function exampleCard({ file, param, title, name, path = "", color = "", ...facts }) {
  const { description = "" } = facts;
  const source = `${param}=data/${encodeURIComponent(file)}`;
  const option = name ? `&name=${encodeURIComponent(name)}` : "";
  const hash = path === "" ? "" : `#/${path}`;
  const link = element("a", { href: `./?${source}${option}${hash}` }, title);
  const card = element(
    "li",
    { class: "card" },
    element("h3", {}, link),
    element("p", {}, description),
    element("p", { class: "facts" }, ...factsInWords(param, facts)),
  );
  if (/^[0-9a-f]{6}$/i.test(color)) card.style.setProperty("--bar", `#${color}`);
  return card;
}

/**
 * @param {string} param
 * @param {Pick<Example, "source" | "source_url" | "license" | "size">} facts
 * @returns {Array<Node | string>}
 */
function factsInWords(param, { source, source_url, license, size }) {
  const kind = kindInWords(param) + (size ? `, ${formatBytes(size)}` : "");
  /** @type {Array<Node | string>} */
  const words = [element("span", { class: "kind" }, kind)];
  if (source) {
    words.push(" From ", source_url ? element("a", { href: source_url }, source) : source, ".");
  }
  if (license) words.push(` Licence: ${license}.`);
  return words;
}
