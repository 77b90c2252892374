/**
 * The packages of one instance: what may be installed, and having Python do it.
 *
 * Between the decisions (consent.js) and the engine (engine/plugin_setup.py), which chooses, keeps and
 * lays out wheels. In the instance's folder they are saved like its other files.
 */

import { REF, packageItems, refusal, sorted } from "./consent.js";
import { valueOf } from "./outcome.js";
import { LiteError, toWire } from "../shared/errors.js";

/** @typedef {import("../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../shared/protocol.js").InstallProgress} InstallProgress */
/** @typedef {import("../shared/errors.js").WireError} WireError */
/** @typedef {import("../shared/saved-store.js").Decision} Decision */
/** @typedef {import("./site-settings.js").SiteSettings} SiteSettings */
/** @typedef {import("./reports.js").Step} Step */

/** Where the record of them is in an instance's folder; engine/packages.py writes it. */
export const LOCK = "plugins/lock.json";

/**
 * Datasette did not start with what was laid out, and no plugin could be named as the cause.
 *
 * @typedef {object} Failure
 * @property {"ref" | "all"} without  what the next attempt does without: another Datasette, or all
 * @property {string} reason
 */

/**
 * Starts that were never over, of which so many in a row are put down to the plugins: an endless loop
 * leaves nothing but that. A browser stops a worker for other reasons as well, so one says nothing.
 */
const TOO_OFTEN = 2;

/** Thrown by a boot that is to be tried again with less. */
export class PackagesFailed extends Error {
  /** @type {Failure} */
  failure;

  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.reason);
    this.failure = failure;
  }
}

export class Packages {
  /** @type {ConsentItem[]} what is left out for want of permission */
  refused = [];
  /** @type {WireError[]} */
  problems = [];
  #settings;
  #decision;
  #note;
  /** @type {ConsentItem[]} */
  #allowed = [];
  #lock;
  /** @type {string[]} URLs of metadata and config whose code may run */
  #trusted = [];
  /** @type {any} BrowserPackages of bootstrap.py */
  #python;
  #failures;

  /**
   * @param {object} options
   * @param {import("../shared/recipe.js").Recipe} options.recipe
   * @param {string | undefined} options.lock  content of the instance's lock
   * @param {SiteSettings} options.settings
   * @param {Decision | undefined} options.decision
   * @param {Failure[]} options.failures  of the attempts before this one
   * @param {(unfinished: number) => Promise<void>} options.note  keeps it with the decision
   * @throws {import("./consent.js").ConsentNeeded}
   */
  constructor({ recipe, lock, settings, decision, failures, note }) {
    this.#settings = settings;
    this.#decision = decision;
    this.#note = note;
    this.#lock = lock;
    this.#failures = failures;
    const earlier = lock === undefined ? [] : askedFor(lock);
    const items = packageItems(recipe, earlier, settings);
    const { allowed, refused } = sorted(items, decision, settings.locked);
    this.#allowed = allowed;
    this.#refuse(refused);
    if (this.#isStuck) this.problems.push(STUCK);
  }

  /** @returns {number} starts before this one that were never over */
  get #unfinished() {
    return this.#decision?.unfinished ?? 0;
  }

  get #isStuck() {
    return this.#allowed.length > 0 && this.#unfinished >= TOO_OFTEN;
  }

  /** @returns {boolean} whether none of the packages that are allowed is used */
  get #isWithoutAll() {
    return this.#isStuck || this.#isWithout("all");
  }

  /** @param {ConsentItem[]} items */
  #refuse(items) {
    this.refused.push(...items);
    this.problems.push(...items.map((item) => refusal(item, this.#settings.locked)));
  }

  /** @returns {boolean} whether there may be any beyond the site's */
  get any() {
    return this.#lock !== undefined || this.#allowed.length > 0;
  }

  /** @returns {string} the version of Datasette that is asked for, "" for the site's */
  get #ref() {
    return this.#allowed.find(({ kind }) => kind === "datasette")?.value ?? "";
  }

  /** @param {Failure["without"]} what */
  #isWithout(what) {
    return this.#failures.some(({ without }) => without === what);
  }

  /** @returns {Failure["without"] | undefined} what may be left out next; undefined when nothing is left */
  get #next() {
    if (this.#allowed.length === 0 || this.#isWithoutAll) return undefined;
    return this.#ref && !this.#isWithout("ref") ? "ref" : "all";
  }

  /** @returns {string} JSON: what Python is to lay out; see PluginSetup.prepare */
  get #wanted() {
    const nothing = this.#isWithoutAll;
    // What is not used is chosen all the same: the page “Plugins” lists it, to be removed.
    const install = this.#allowed.filter(({ kind }) => kind !== "datasette").map(requirementOf);
    const left = nothing ? [...this.refused, ...this.#allowed] : this.refused;
    const ref = nothing || this.#isWithout("ref") ? "" : this.#ref;
    return JSON.stringify({ install, ref, refused: left.map(requirementOf) });
  }

  /** @returns {string} all that decides which packages this start will have, if it chooses none anew */
  get identity() {
    return JSON.stringify([this.#lock ?? "", this.#wanted]);
  }

  /**
   * Do what runs the plugins' code.
   *
   * @template T
   * @param {() => T | Promise<T>} work  of Python's, which may fail because of the packages
   * @returns {Promise<T>}
   * @throws {PackagesFailed} there is less that can be tried
   */
  async orLess(work) {
    const without = this.#next;
    if (!without) return work();
    await this.#note(this.#unfinished + 1);
    try {
      return await work();
    } catch (error) {
      const { message, traceback } = toWire(error);
      console.warn(message, traceback);
      const reason = error instanceof LiteError ? message : `${lastLine(error)}.`;
      throw new PackagesFailed({ without, reason });
    } finally {
      await this.#note(this.#unfinished);
    }
  }

  /** The start is over: those before it that were not no longer matter. */
  async isStarted() {
    if (this.#unfinished > 0 && !this.#isStuck) await this.#note(0);
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
    if (!this.any) return;
    report({ stage: "plugins", label: "" });
    for (const { without, reason } of this.#failures) {
      if (without === "ref") this.#python.fail_ref(this.#ref, reason);
      else this.problems.push(allFailed(reason));
    }
    const said = (/** @type {string} */ _step, /** @type {string} */ name) =>
      report({ stage: "plugins", label: name });
    this.problems.push(...valueOf(await this.#python.prepare(this.#wanted, said)));
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

/** @type {WireError} */
const STUCK = {
  name: "PluginsStuck",
  message:
    "This was opened without its plugins, since two starts with them were never over: one of them may " +
    "keep Datasette from starting.",
  hint: "Remove the one that does on the page “Plugins”, or try again.",
  source: "",
};

/**
 * @param {string} reason
 * @returns {WireError}
 */
function allFailed(reason) {
  return {
    name: "PluginError",
    message: `Datasette did not start with its plugins and was opened without them: ${reason}`,
    hint: "Remove one after the other on the page “Plugins”.",
    source: "",
  };
}

/**
 * @param {string} lock
 * @returns {string[]} requirements; none if it cannot be read, of which Python tells
 */
function askedFor(lock) {
  try {
    return Object.keys(JSON.parse(lock).asked ?? {});
  } catch {
    return [];
  }
}

/**
 * @param {unknown} error  that Pyodide threw, with Python's traceback in its message
 * @returns {string}
 */
function lastLine(error) {
  const lines = String(error).trim().split("\n");
  return lines.findLast((line) => /^\w[\w.]*(Error|Exception|Exit)\b/.test(line)) ?? lines[0];
}

/**
 * @param {ConsentItem} item
 * @returns {string} as a lock names it
 */
function requirementOf({ kind, value }) {
  return kind === "datasette" ? REF + value : value;
}
