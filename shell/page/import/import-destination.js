/**
 * Where the files of the import dialog go: a new workspace, named after them, or the workspace of the page,
 * and there a database for their tables.
 *
 * Draws the fields and holds what was chosen; the dialog starts the workspace.
 */

import { newKeyForOwnFiles } from "../../shared/recipe.js";
import { LONGEST_TITLE, readableRecord } from "../../shared/saved-record.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { choice } from "../ui/ask-person.js";
import { element } from "../ui/dom.js";
import { selectOf, textField } from "../ui/form-fields.js";
import { headingOf, titleOfFiles } from "../ui/workspace-name.js";

/** Value of the option for a database that does not exist yet; no database can be called that. */
const NEW = "/";

/**
 * @typedef {object} Here  the workspace of the page
 * @property {string} key
 * @property {string} [title]
 */

/** ms after which the dialog appears even without the workspace's name. */
const PATIENCE = 500;

/**
 * @param {string} key
 * @returns {Promise<Here>}
 */
export function hereAt(key) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, { key }));
  return Promise.race([readHere(key), /** @type {Promise<Here>} */ (late)]);
}

/**
 * @param {string} key
 * @returns {Promise<Here>}
 */
async function readHere(key) {
  try {
    const store = await openStore(SITE_ROOT);
    const saved = await store.get("instances", key);
    store.close();
    return { key, title: saved && readableRecord(saved).record.title };
  } catch {
    return { key }; // it is called by what its address says
  }
}

export class Destination {
  /** @type {Here | undefined} */
  #here;
  #onMove;
  #onDatabase;
  #isNew;
  #newKey = newKeyForOwnFiles();
  /** "" keeps the name made from the files. */
  #title = "";
  #suggested = "";
  /** The database for tables; "" is the workspace's own choice. */
  #database = "";
  /** @type {HTMLInputElement} */
  #titleInput;

  /**
   * @param {Here | undefined} here  undefined on the launcher
   * @param {object} wishes
   * @param {() => void} wishes.onMove  called when the files are to go to the other workspace
   * @param {() => void} wishes.onDatabase  called when their tables are to go to another database
   */
  constructor(here, { onMove, onDatabase }) {
    this.#here = here;
    this.#onMove = onMove;
    this.#onDatabase = onDatabase;
    // What the site ships stays as it is, unless the person decides otherwise.
    this.#isNew = here === undefined || here.key === "";
    const title = textField("Workspace", "", (value) => (this.#title = value));
    this.#titleInput = /** @type {HTMLInputElement} */ (title.querySelector("input"));
    this.#titleInput.maxLength = LONGEST_TITLE;
    this.title = title;
    this.database = element("div", { class: "field", hidden: true });
    this.node = element("div", { class: "destination" }, ...this.#where(), title, this.database);
    this.#show();
  }

  /** @returns {string} of the workspace that the files go to */
  get key() {
    return this.#isNew || !this.#here ? this.#newKey : this.#here.key;
  }

  /** Whether the workspace is made for these files. */
  get isNew() {
    return this.#isNew;
  }

  /** @returns {string} a name for a new workspace */
  get name() {
    return this.#isNew ? this.#title || this.#suggested : "";
  }

  /** @returns {string} a sentence on where the files go */
  get words() {
    if (this.#isNew || !this.#here) return "This goes into a new workspace.";
    return `This is added to “${headingOf(this.#here, SITE_ROOT)}”.`;
  }

  /** @returns {import("../../shared/protocol.js").ImportOptions} that apply to every file */
  get options() {
    return this.#database === "" ? {} : { database: this.#database };
  }

  /** Something was imported there: what replaces it cannot go anywhere else. */
  settle() {
    this.node.hidden = true;
  }

  /** @param {string[]} files  names of those that will be opened */
  nameAfter(files) {
    this.#suggested = titleOfFiles(files).slice(0, LONGEST_TITLE);
    if (this.#title === "") this.#titleInput.value = this.#suggested;
  }

  /**
   * Offer databases for the tables.
   *
   * @param {import("../../shared/protocol.js").Preview | undefined} preview  of a file that becomes tables;
   *   undefined if there is none
   */
  offer(preview) {
    const names = this.#isNew ? [] : (preview?.databases ?? []);
    this.database.hidden = names.length === 0;
    if (!preview || names.length === 0 || this.database.childElementCount > 0) return;
    const usual = preview.database;
    const all = [...new Set([usual, ...names])].map((name) => /** @type {const} */ ([name, name]));
    const other = element("input", {
      type: "text",
      "aria-label": "Name of the new database",
      placeholder: "Name",
      hidden: true,
      autocomplete: "off",
      spellcheck: "false",
    });
    /** @param {string} name */
    const take = (name) => {
      if (name === this.#database) return;
      this.#database = name;
      this.#onDatabase();
    };
    const select = selectOf(usual, [...all, [NEW, "A new database…"]], (value) => {
      other.hidden = value !== NEW;
      if (value !== NEW) return take(value);
      other.focus();
    });
    select.setAttribute("aria-label", "Database for the tables");
    other.addEventListener("change", () => other.value.trim() !== "" && take(other.value.trim()));
    this.database.append(element("span", {}, "Database for the tables"), select, other);
  }

  /** @returns {HTMLElement[]} the choice between the workspaces, on a page that has one */
  #where() {
    if (!this.#here) return [];
    const here = {
      value: false,
      label: `Add to “${headingOf(this.#here, SITE_ROOT)}”`,
      detail: "The workspace of this page",
    };
    const other = {
      value: true,
      label: "Make a new workspace",
      detail: "This page’s data stays as it is",
    };
    const choices = this.#isNew ? [other, here] : [here, other];
    const { fieldset, chosen } = choice("Where to", choices);
    fieldset.addEventListener("change", () => {
      if (chosen() === this.#isNew) return;
      this.#isNew = chosen();
      this.#newKey = newKeyForOwnFiles();
      this.#database = "";
      this.database.replaceChildren();
      this.#show();
      this.#onMove();
    });
    return [fieldset];
  }

  #show() {
    this.title.hidden = !this.#isNew;
    this.database.hidden = true;
  }
}
