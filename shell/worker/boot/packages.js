/**
 * The packages of one instance: decides which may be used, and has Python fetch and lay them out.
 *
 * Stands between the decisions (trust/) and engine/packages/plugin_setup.py, which chooses, keeps and
 * lays out wheels, and uses only those whose hashes are on the list that it gets from here.
 */

import {
  idOf,
  IMPORTED,
  packageId,
  packageItem,
  refusal,
  SAVED,
  sorted,
} from "../trust/consent.js";
import { servedBy } from "./index-contents.js";
import { allFailed, inOwnWords, lastLine, PAUSED, STUCK } from "./package-problems.js";
import { parseLock, REF } from "../trust/lock.js";
import { isNew, requestsOf, requirementOf } from "../trust/requests.js";
import { valueOf } from "../runtime/python-result.js";
import { DATASETTE_REPOSITORY } from "../../shared/datasette-repository.js";
import { LiteError, toWire } from "../../shared/errors.js";
import { isRelease } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../../shared/protocol.js").InstallProgress} InstallProgress */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../../shared/saved-store.js").Decision} Decision */
/** @typedef {import("../site-cache/site-settings.js").SiteSettings} SiteSettings */
/** @typedef {import("./boot-progress.js").Step} Step */

/**
 * Datasette did not start with these packages, and no plugin could be named as the cause.
 *
 * @typedef {object} Failure
 * @property {"ref" | "all"} without  what the next attempt leaves out: the other Datasette, or everything
 * @property {string} reason
 */

/**
 * The plugins are blamed after this many unfinished starts in a row: an endless loop leaves no other
 * trace. Browsers also stop workers for other reasons, so a single one proves nothing.
 */
const TOO_OFTEN = 2;

/**
 * Code of the application itself.
 *
 * @typedef {object} Code
 * @property {ConsentItem[]} items  what a person has to allow
 * @property {string[]} install  the requirements that it asks for
 * @property {string} [index]  URL of a package index that counts before the site's
 */

/** @type {Code} */
const NO_CODE = { items: [], install: [] };

/** Thrown by a boot that should be tried again with fewer packages. */
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
  /** @type {ConsentItem[]} what is left out because it is not allowed */
  refused = [];
  /** @type {WireError[]} */
  problems = [];
  #settings;
  #decision;
  #note;
  #allow;
  #onUncertain;
  /** @type {ConsentItem[]} packages that may be used, and requests that may be fetched */
  #allowed = [];
  /** @type {import("../trust/lock.js").Lock | undefined} */
  #lock;
  /** @type {string} the Datasette that was requested and allowed, as parseRef has it; "" for the site's */
  #ref = "";
  /** @type {any} BrowserPackages of bootstrap.py */
  #python;
  #failures;
  #isImported;

  /**
   * @param {object} options
   * @param {import("../../shared/recipe.js").Recipe} options.recipe
   * @param {Code} [options.code]  the application's own
   * @param {string | undefined} options.lock  content of the instance's lock
   * @param {boolean} [options.isImported]  whether the lock came with an export
   * @param {SiteSettings} options.settings
   * @param {Decision | undefined} options.decision
   * @param {Failure[]} options.failures  of the attempts before this one
   * @param {(unfinished: number) => Promise<void>} options.note  stores the count with the decision
   * @param {(ids: string[]) => Promise<void>} options.allow  adds to the decision
   * @param {() => Promise<void>} options.onUncertain  called before code runs that may never end
   * @throws {import("../trust/consent.js").ConsentNeeded}
   */
  constructor({ recipe, code = NO_CODE, lock, isImported = false, ...more }) {
    const { settings, decision, failures, note, allow, onUncertain } = more;
    const indexes = [...(code.index ? [code.index] : []), ...settings.indexes];
    this.#settings = { ...settings, indexes };
    this.#decision = decision;
    this.#note = note;
    this.#allow = allow;
    this.#onUncertain = onUncertain;
    this.#failures = failures;
    this.#isImported = isImported;
    if (lock !== undefined) this.#lock = this.#read(lock);
    const requests = requestsOf(recipe, this.#settings, code.install);
    this.problems.push(...requests.problems);
    const items = [
      ...code.items,
      ...requests.items.filter((item) => isNew(requirementOf(item), this.#lock)),
      ...this.#packageItems(),
    ];
    const { allowed, refused } = sorted(items, decision, settings.locked);
    this.#allowed = allowed;
    this.#refuse(refused);
    const ref = requests.items.find(({ kind }) => kind === "datasette");
    const isThere = ref && Object.hasOwn(this.#lock?.asked ?? {}, requirementOf(ref));
    if (ref && (isThere || allowed.includes(ref))) this.#ref = ref.value;
    if (this.#isPaused) this.problems.push(PAUSED);
    else if (this.#isStuck) this.problems.push(STUCK);
  }

  /** @param {string} lock */
  #read(lock) {
    try {
      const parsed = parseLock(lock, SITE_ROOT);
      return this.#isImported ? { ...parsed, failed: inOwnWords(parsed.failed) } : parsed;
    } catch (error) {
      this.problems.push(toWire(error));
      return undefined;
    }
  }

  /** @returns {ConsentItem[]} the wheels that are here, except those that the site has as well */
  #packageItems() {
    const from = this.#isImported ? IMPORTED : SAVED;
    const wheels = this.#lock?.wheels ?? [];
    const asked = Object.values(this.#lock?.asked ?? {});
    return wheels
      .filter(({ sha256 }) => !this.#settings.hashes.includes(sha256))
      .map((wheel) => packageItem(wheel, from, asked.includes(wheel.name)));
  }

  /** @returns {number} earlier starts in a row that never finished */
  get #unfinished() {
    return this.#decision?.unfinished ?? 0;
  }

  get #isStuck() {
    return this.#allowed.length > 0 && this.#unfinished >= TOO_OFTEN;
  }

  get #isPaused() {
    return this.#allowed.length > 0 && this.#decision?.paused === true;
  }

  /** @returns {boolean} whether none of the allowed packages is used */
  get #isWithoutAll() {
    return this.#isPaused || this.#isStuck || this.#isWithout("all");
  }

  /** @param {ConsentItem[]} items */
  #refuse(items) {
    this.refused.push(...items);
    // A package that only another one needs is removed with that one.
    const named = items.filter(({ kind, parts }) => kind !== "package" || !parts?.length);
    this.problems.push(...named.map((item) => refusal(item, this.#settings.locked)));
  }

  /** @returns {boolean} whether there may be any packages beyond the site's */
  get any() {
    return this.#lock !== undefined || this.#allowed.length > 0;
  }

  /** @returns {boolean} whether the site takes no code from links */
  get isLocked() {
    return this.#settings.locked;
  }

  /**
   * @param {ConsentItem} item
   * @returns {boolean} whether a person has allowed it
   */
  mayRun(item) {
    return this.#allowed.some((allowed) => idOf(allowed) === idOf(item));
  }

  /** @param {Failure["without"]} what */
  #isWithout(what) {
    return this.#failures.some(({ without }) => without === what);
  }

  /** @returns {Failure["without"] | undefined} what may be left out next; undefined when nothing remains */
  get #next() {
    if (this.#allowed.length === 0 || this.#isWithoutAll) return undefined;
    return this.#ref && !this.#isWithout("ref") ? "ref" : "all";
  }

  /** @returns {string[]} hashes of the wheels in the lock that may be used */
  get #hashes() {
    const own = this.#settings.hashes;
    const allowed = this.#allowed.map(({ digest }) => digest);
    return (this.#lock?.wheels ?? [])
      .map(({ sha256 }) => sha256)
      .filter((hash) => own.includes(hash) || allowed.includes(hash));
  }

  /** @returns {string} JSON: what Python must lay out; see PluginSetup.prepare */
  get #wanted() {
    const nothing = this.#isWithoutAll;
    // Unused packages are chosen all the same: the page “Plugins” lists them, so that they can be removed.
    const install = this.#allowed.filter(({ kind }) => kind === "plugin" || kind === "wheel");
    const ref = nothing || this.#isWithout("ref") ? "" : this.#ref;
    return JSON.stringify({
      install: install.map(requirementOf),
      ref,
      from_repository: ref !== "" && !isRelease(ref),
      allowed: this.#hashes,
      without_all: nothing,
    });
  }

  /** @returns {string} everything that decides which packages this start will have, if it chooses no others */
  get identity() {
    return JSON.stringify([this.#lock ?? "", this.#wanted]);
  }

  /**
   * Run work that runs the plugins' code; if it fails, ask for an attempt with fewer packages.
   *
   * @template T
   * @param {() => T | Promise<T>} work  of Python's, which may fail because of the packages
   * @returns {Promise<T>}
   * @throws {PackagesFailed} it failed, and an attempt with fewer packages is possible
   */
  async orLess(work) {
    const without = this.#next;
    if (!without) return work();
    try {
      return await this.counted(work);
    } catch (error) {
      const { message, traceback } = toWire(error);
      console.warn(message, traceback);
      const reason = error instanceof LiteError ? message : `${lastLine(error)}.`;
      throw new PackagesFailed({ without, reason });
    }
  }

  /**
   * Run work that runs code a person has allowed, so that a start that never finishes is noticed later.
   *
   * @template T
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async counted(work) {
    await this.#note(this.#unfinished + 1);
    await this.#onUncertain();
    try {
      return await work();
    } finally {
      await this.#note(this.#unfinished);
    }
  }

  /** @returns {boolean} whether no allowed code runs: as the person chose, or after starts that never finished */
  get isHeldBack() {
    return this.#isPaused || this.#isStuck;
  }

  /** Let the allowed code run at the next start. */
  async release() {
    await this.#allow([]);
  }

  /** The start has finished, so unfinished ones before it no longer matter. */
  async isStarted() {
    if (this.#unfinished > 0 && !this.#isStuck) await this.#note(0);
  }

  /**
   * Lay out all packages that will be imported. Call this before Datasette is imported.
   *
   * @param {any} bootstrap  bootstrap.py
   * @param {string} folder  of the instance
   * @param {(step: Step) => void} report
   */
  async prepare(bootstrap, folder, report) {
    const lock = JSON.stringify(this.#lock ?? null);
    const indexes = JSON.stringify(this.#settings.indexes);
    const repository = JSON.stringify(DATASETTE_REPOSITORY);
    const { distribution } = this.#settings;
    this.#python = bootstrap.BrowserPackages(folder, indexes, distribution, lock, repository);
    if (!this.any) return;
    report({ stage: "plugins", label: "" });
    for (const { without, reason } of this.#failures) {
      if (without === "ref") this.#python.fail_ref(this.#ref, reason);
      else this.problems.push(allFailed(reason));
    }
    const said = (/** @type {string} */ _step, /** @type {string} */ name) =>
      report({ stage: "plugins", label: name });
    const { problems, hashes } = valueOf(await this.#python.prepare(this.#wanted, said));
    // Before anything is saved: a lock without its answer would ask again.
    if (hashes.length > 0) await this.#allow(hashes.map(packageId));
    const refused = this.refused.map(requirementOf);
    this.problems.push(
      ...problems.filter((/** @type {WireError} */ { source }) => !refused.includes(source ?? "")),
    );
  }

  /**
   * Check the instance's metadata and configuration for code.
   *
   * @param {any} python  BrowserInstance of bootstrap.py
   * @param {boolean} isFetched  whether this start has fetched them; else they were saved
   * @returns {string} JSON: the hashes of those whose code may run
   * @throws {import("../trust/consent.js").ConsentNeeded}
   */
  trustedConfiguration(python, isFetched) {
    /** @type {Array<Omit<ConsentItem, "from">>} */
    const code = valueOf(python.code_in_configuration());
    const items = code.map((item) => {
      if (this.#isImported && !isFetched) return { ...item, from: IMPORTED };
      return { ...item, from: URL.canParse(item.value) ? new URL(item.value).host : "" };
    });
    const { allowed, refused } = sorted(items, this.#decision, this.#settings.locked);
    const known = this.refused.map(idOf);
    this.#refuse(refused.filter((item) => !known.includes(idOf(item))));
    return JSON.stringify(allowed.map(({ digest }) => digest));
  }

  /**
   * @param {string} requirement
   * @param {boolean} upgrade
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {Promise<{added: Array<{name: string, version: string, sha256: string}>}>}
   * @throws {import("../../shared/errors.js").LiteError} nothing is changed then
   */
  async install(requirement, upgrade, onProgress) {
    /** @type {(step: InstallProgress["step"], name: string, done: number, total: number) => void} */
    const said = (step, name, done, total) => onProgress({ step, name, done, total });
    const fromRepository = requirement.startsWith(REF) && !isRelease(requirement.slice(REF.length));
    return valueOf(await this.#python.install(requirement, upgrade, fromRepository, said));
  }

  /**
   * @param {string} name
   * @returns {{removed: string[]}}
   * @throws {import("../../shared/errors.js").LiteError}
   */
  uninstall(name) {
    return valueOf(this.#python.uninstall(name));
  }

  /** @returns {import("../../shared/protocol.js").PluginList} */
  list() {
    /** @type {import("../../shared/protocol.js").InstalledPlugin[]} */
    const plugins = valueOf(this.#python.listing());
    const isBrought = (/** @type {string} */ from) => this.#isImported && from !== "site";
    return {
      // Only the imported file says where they came from before.
      plugins: plugins.map((one) => (isBrought(one.from) ? { ...one, from: "import" } : one)),
      locked: this.#settings.locked,
    };
  }

  /**
   * @param {string[]} requirements
   * @returns {Promise<string[]>} those that can be installed from the site's package indexes
   */
  served(requirements) {
    return servedBy(this.#settings.indexes, requirements);
  }

  destroy() {
    this.#python?.destroy();
  }
}
