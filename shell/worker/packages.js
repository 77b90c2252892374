/**
 * The packages of one instance: what may be installed, and having Python do it.
 *
 * Between the decisions (consent.js) and the engine (engine/plugin_setup.py), which chooses, keeps and
 * lays out wheels. In the instance's folder they are saved like its other files.
 */

import { REF, packageItems, refusal, sorted } from "./consent.js";
import { valueOf } from "./outcome.js";

/** @typedef {import("../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../shared/protocol.js").InstallProgress} InstallProgress */
/** @typedef {import("../shared/errors.js").WireError} WireError */
/** @typedef {import("../shared/saved-store.js").Decision} Decision */
/** @typedef {import("./site-settings.js").SiteSettings} SiteSettings */
/** @typedef {import("./runtime.js").Step} Step */

/** Where the record of them is in an instance's folder; engine/packages.py writes it. */
export const LOCK = "plugins/lock.json";

/** What Datasette itself of another version ended in. */
export class RefFailed extends Error {}

export class Packages {
  /** @type {ConsentItem[]} what is left out for want of permission */
  refused = [];
  /** @type {WireError[]} */
  problems = [];
  #settings;
  #decision;
  /** @type {ConsentItem[]} */
  #allowed = [];
  #hasLock;
  /** @type {string[]} URLs of metadata and config whose code may run */
  #trusted = [];
  /** @type {any} BrowserPackages of bootstrap.py */
  #python;
  #refFailure;

  /**
   * @param {object} options
   * @param {import("../shared/recipe.js").Recipe} options.recipe
   * @param {string | undefined} options.lock  content of the instance's lock
   * @param {SiteSettings} options.settings
   * @param {Decision | undefined} options.decision
   * @param {string} [options.refFailure]  why the version of Datasette that is asked for does not work
   * @throws {import("./consent.js").ConsentNeeded}
   */
  constructor({ recipe, lock, settings, decision, refFailure }) {
    this.#settings = settings;
    this.#decision = decision;
    this.#hasLock = lock !== undefined;
    this.#refFailure = refFailure;
    const earlier = lock === undefined ? [] : Object.keys(JSON.parse(lock).asked);
    const items = packageItems(recipe, earlier, settings);
    const { allowed, refused } = sorted(items, decision, settings.locked);
    this.#allowed = allowed;
    this.#refuse(refused);
  }

  /** @param {ConsentItem[]} items */
  #refuse(items) {
    this.refused.push(...items);
    this.problems.push(...items.map((item) => refusal(item, this.#settings.locked)));
  }

  /** @returns {string} the version of Datasette that runs, "" for the site's */
  get ref() {
    if (this.#refFailure) return "";
    return this.#allowed.find(({ kind }) => kind === "datasette")?.value ?? "";
  }

  /**
   * Have everything laid out that is to be imported. Before Datasette is.
   *
   * @param {any} bootstrap  bootstrap.py
   * @param {string} folder  of the instance
   * @param {(step: Step) => void} report
   */
  async prepare(bootstrap, folder, report) {
    this.#python = bootstrap.BrowserPackages(folder, this.#settings.index);
    const install = this.#allowed.filter(({ kind }) => kind !== "datasette").map(requirementOf);
    if (!this.#hasLock && install.length === 0 && !this.ref && !this.#refFailure) return;
    report({ stage: "plugins", label: "" });
    if (this.#refFailure) {
      const asked = this.#allowed.find(({ kind }) => kind === "datasette")?.value ?? "";
      this.#python.fail_ref(asked, this.#refFailure);
      this.problems.push({
        name: "LiteError",
        message: `This site does not work with Datasette ${asked}: ${this.#refFailure}`,
        hint: "The site’s own version was opened instead.",
        source: REF + asked,
      });
    }
    const refused = this.refused.map(requirementOf);
    const wanted = JSON.stringify({ install, ref: this.ref, refused });
    const said = (/** @type {string} */ _step, /** @type {string} */ name) =>
      report({ stage: "plugins", label: name });
    /** @type {WireError[]} */
    const problems = valueOf(await this.#python.prepare(wanted, said));
    this.problems.push(...problems.map((problem) => ({ ...problem, name: "PluginError" })));
  }

  /**
   * Look at what the instance's metadata and configuration hold.
   *
   * @param {any} python  BrowserInstance of bootstrap.py
   * @returns {string} JSON: the URLs of those whose code may run
   * @throws {import("./consent.js").ConsentNeeded}
   */
  trustedConfiguration(python) {
    /** @type {Array<Omit<ConsentItem, "from">>} */
    const code = valueOf(python.code_in_configuration());
    const items = code.map((item) => ({ ...item, from: new URL(item.value).host }));
    const { allowed, refused } = sorted(items, this.#decision, this.#settings.locked);
    const isNew = (/** @type {ConsentItem} */ item) =>
      !this.refused.some(({ kind, value }) => kind === item.kind && value === item.value);
    this.#refuse(refused.filter(isNew));
    this.#trusted = allowed.map(({ value }) => value);
    return JSON.stringify(this.#trusted);
  }

  /**
   * @param {string} requirement
   * @param {boolean} upgrade
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {Promise<{added: Array<{name: string, version: string}>}>}
   * @throws {import("../shared/errors.js").LiteError} nothing is changed then
   */
  async install(requirement, upgrade, onProgress) {
    /** @type {(step: InstallProgress["step"], name: string, done: number, total: number) => void} */
    const said = (step, name, done, total) => onProgress({ step, name, done, total });
    return valueOf(await this.#python.install(requirement, upgrade, said));
  }

  /**
   * @param {string} name
   * @returns {{removed: string[]}}
   * @throws {import("../shared/errors.js").LiteError}
   */
  uninstall(name) {
    return valueOf(this.#python.uninstall(name));
  }

  /** @returns {import("../shared/protocol.js").PluginList} */
  list() {
    return { plugins: valueOf(this.#python.listing()), locked: this.#settings.locked };
  }

  destroy() {
    this.#python?.destroy();
  }
}

/**
 * @param {ConsentItem} item
 * @returns {string} as a lock names it
 */
function requirementOf({ kind, value }) {
  return kind === "datasette" ? REF + value : value;
}
