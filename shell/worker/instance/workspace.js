/**
 * One workspace in this worker: holds the instance that runs it, and what applies whether it runs or
 * not.
 *
 * Starts the instance once, starts it again with other packages or decisions, and stops it when the
 * workspace is deleted or replaced. instance.js is one run of it.
 */

import { absolute, hasChanged, shippedSources } from "../sources/downloads.js";
import { Instance } from "./instance.js";
import { evicted } from "../storage/room.js";
import { siteSettings } from "../site-cache/site-settings.js";
import { checkedItems, idOf, packageId } from "../trust/consent.js";
import { Decisions } from "../trust/decisions.js";
import { canonicalRequirement } from "../trust/lock.js";
import { KeyedMutex } from "./keyed-mutex.js";
import { CrashGuard } from "./crash-guard.js";
import { openSharedStore } from "./store-access.js";
import { enterWorkspace } from "./occupancy.js";
import { LiteError } from "../../shared/errors.js";
import { isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { readableRecord } from "../../shared/saved-record.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/protocol.js").CheckResult} CheckResult */
/** @typedef {import("../../shared/protocol.js").InstallProgress} InstallProgress */

/** Names of the work that is done one piece after the other. */
const CLOSING = "closing";
const CHANGING = "changing";

export class Workspace {
  #key;
  #onChange;
  /** @type {Instance | undefined} */
  #instance;
  /** @type {Promise<() => void> | undefined} settled when it may run; call the result when it has ended */
  #entering;
  #mutex = new KeyedMutex();
  /** @type {string[]} what the last check found */
  #newer = [];
  #decisions = new Decisions(() => openSharedStore());
  /** Remembers what stopped it before. */
  guard;

  /**
   * @param {string} key
   * @param {(by: string) => void} onChange  called when the databases were written to, with the id of
   *   the client that asked for it
   */
  constructor(key, onChange) {
    this.#key = key;
    this.#onChange = onChange;
    this.guard = new CrashGuard(key, openSharedStore, () => isTemporary(key));
  }

  /** @returns {boolean} whether closing it would lose changes */
  get hasUnsavedWork() {
    return this.#instance?.isUnsaved === true;
  }

  /** @returns {boolean} whether something is being answered, downloads included */
  get isBusy() {
    return this.#instance?.isBusy === true;
  }

  /** @returns {boolean} whether it may have changed since it was started */
  get isChanged() {
    return this.#instance?.isChanged === true;
  }

  /** @returns {number} when it was last used, in ms as performance.now() counts */
  get lastUsed() {
    return this.#instance?.lastUsed ?? 0;
  }

  /**
   * @param {object} [options]
   * @param {boolean} [options.afresh]  do not return an instance whose boot failed
   * @param {boolean} [options.fromSources]  replace what is saved by what the sources have now
   * @param {boolean} [options.fromSaved]  do not return an instance that is starting to replace what is saved
   * @param {boolean} [options.restart]  start again with the same contents, in a new Python
   * @param {boolean} [options.isNew]  it may be for the person's own files and not be saved yet
   * @returns {Instance}
   */
  get(options = {}) {
    const { afresh = false, fromSources = false, fromSaved = false, isNew = false } = options;
    const { restart = false } = options;
    let instance = this.#instance;
    if (fromSaved && instance?.isReplacing) this.#close(instance);
    // An instance that waits for a decision has not failed: restarting it would only ask again.
    const hasFailed = instance?.state === "failed" && !instance.consent;
    const unfit = instance?.state === "stopped" || (afresh && hasFailed);
    if (!instance || unfit || fromSources || restart) {
      const carried = restart && instance ? instance.unsaved : undefined;
      const waitsToReplace = restart && instance?.waitsToReplace === true;
      if (instance) this.#close(instance);
      this.#entering = enterWorkspace(this.#key);
      const before = Promise.all([this.#mutex.of(CLOSING), this.#entering]);
      instance = new Instance(this.#key, SITE_ROOT, {
        openStore: openSharedStore,
        decisions: this.#decisions,
        guard: this.guard,
        carried,
        onChange: this.#onChange,
        // A decision about the code of newer sources must not lead back to the older ones.
        fromSources: fromSources || waitsToReplace,
        isNew,
        before,
      });
      if (fromSources) this.#newer = [];
      this.#instance = instance;
    }
    instance.lastUsed = performance.now();
    return instance;
  }

  /**
   * @returns {import("../../shared/protocol.js").Status | undefined} undefined while it is not running
   */
  status() {
    const instance = this.#instance;
    if (instance?.consent) return { state: "consent", consent: instance.consent };
    if (instance?.state !== "ready") return undefined;
    const { refused } = instance.packages;
    const newer = this.#newer;
    return { state: "ready", ...instance.saving, newer, refused, evicted: [...evicted] };
  }

  /**
   * Ask the sources of a saved instance whether they have newer data.
   *
   * @param {number} [before]  ms since 1970: only sources loaded before then are checked
   * @returns {Promise<CheckResult>}
   */
  async check(before = Infinity) {
    const store = await openSharedStore();
    const stored = await store.get("instances", this.#key);
    if (!stored) return { newer: [], edited: false };
    const { record: saved } = readableRecord(stored);
    /** @type {CheckResult} */
    const result = { newer: [], edited: saved.edited };
    const asked = saved.sources.filter(({ loadedAt }) => loadedAt < before);
    await Promise.all(
      asked.map((source) =>
        hasChanged(source).then(
          (changed) => changed && result.newer.push(source.url),
          () => {}, // a source that cannot be checked keeps nothing from opening
        ),
      ),
    );
    if (this.#key === "") {
      // A new version of the site may ship more than before.
      const known = new Set(saved.sources.map(({ url }) => url));
      const shipped = (await shippedSources()).map(({ value }) => absolute(value, SITE_ROOT));
      result.newer.push(...shipped.filter((url) => !known.has(url)));
    }
    this.#newer = result.newer;
    return result;
  }

  /**
   * Fetch a source again and, if it has newer data, replace what was made from it.
   *
   * @param {string} source  its id
   * @param {Pick<import("../../shared/protocol.js").ReloadQuestion, "revert" | "file">} how
   * @param {string} by  id of the client that asks
   * @returns {Promise<import("../../shared/protocol.js").ReloadResult>}
   * @throws {import("../../shared/errors.js").LiteError}
   */
  async reload(source, how, by) {
    const instance = await this.running();
    const { path, url } = await instance.reload(source, how, by);
    this.#newer = this.#newer.filter((other) => other !== url);
    return { changed: url !== undefined, path };
  }

  /**
   * @returns {Promise<Instance>} one that answers
   * @throws {import("../../shared/errors.js").LiteError} it cannot be started
   */
  async running() {
    let instance;
    do {
      instance = this.get({ afresh: true });
      await instance.boot();
    } while (instance.state === "stopped"); // it was restarted meanwhile
    return instance;
  }

  /**
   * Record a person's decision about the code that they were shown. The next request starts the instance
   * with it and asks about anything else that waits for a decision.
   *
   * @param {boolean | null} allow  null: forget the decision, and ask again
   * @param {unknown} items  as they were shown
   * @returns {Promise<void>}
   * @throws {LiteError} they are not items
   */
  decide(allow, items) {
    return this.#mutex.take(CHANGING, () => this.#decide(allow, items));
  }

  /** @type {Workspace["decide"]} */
  async #decide(allow, items) {
    if (allow === null) await this.#decisions.forget(this.#key);
    else {
      const ids = checkedItems(items).map(idOf);
      if (siteSettings().locked) return;
      await this.#decisions.add(this.#key, ids, allow);
    }
    this.get({ restart: true });
  }

  /**
   * Install a plugin and restart the instance.
   *
   * @param {Pick<import("../../shared/protocol.js").InstallQuestion, "requirement" | "upgrade">} wanted
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {Promise<{added: Array<{name: string, version: string}>}>}
   * @throws {LiteError}
   */
  install(wanted, onProgress) {
    return this.#mutex.take(CHANGING, () => this.#install(wanted, onProgress));
  }

  /** @type {Workspace["install"]} */
  async #install({ requirement, upgrade }, onProgress) {
    const settings = siteSettings();
    if (settings.locked) {
      throw new LiteError("No plugins can be installed here.", {
        hint: "The owner of this site has locked it to the plugins that come with it.",
      });
    }
    const text = canonicalRequirement(requirement, SITE_ROOT);
    const instance = await this.running();
    const done = await instance.install(text, upgrade, onProgress);
    // Installing a plugin allows exactly the packages that came.
    const ids = done.added.map(({ sha256 }) => packageId(sha256));
    await this.#decisions.add(this.#key, ids, true);
    await this.#restart(onProgress);
    return { added: done.added.map(({ name, version }) => ({ name, version })) };
  }

  /**
   * Remove a plugin and restart the instance.
   *
   * @param {Pick<import("../../shared/protocol.js").UninstallQuestion, "name">} wanted
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {ReturnType<Instance["uninstall"]>}
   * @throws {LiteError}
   */
  uninstall(wanted, onProgress) {
    return this.#mutex.take(CHANGING, () => this.#uninstall(wanted, onProgress));
  }

  /** @type {Workspace["uninstall"]} */
  async #uninstall({ name }, onProgress) {
    const instance = await this.running();
    const done = await instance.uninstall(name);
    // The removed plugin may be what kept it from starting.
    await this.#decisions.note(this.#key, 0);
    await this.#restart(onProgress);
    return done;
  }

  /**
   * @param {(progress: InstallProgress) => void} onProgress
   */
  async #restart(onProgress) {
    onProgress({ step: "restarting", name: "", done: 0, total: 0 });
    await this.get({ restart: true }).boot();
  }

  /**
   * Stop the instance if it runs. The next request starts it again.
   *
   * @returns {Promise<void>} settled when every save requested so far is done
   */
  async stop() {
    const instance = this.#instance;
    this.#instance = undefined;
    this.#newer = [];
    if (instance) this.#close(instance);
    await this.#mutex.of(CLOSING);
  }

  /** @param {Instance} instance */
  #close(instance) {
    // It may be waiting for a host that never answers.
    if (instance.state === "booting") instance.abandon();
    const entering = this.#entering;
    const closed = this.#mutex.take(CLOSING, () => instance.close()).catch(() => {});
    void closed.then(async () => (await entering)?.());
    instance.state = "stopped";
  }
}

/**
 * @param {string} key
 * @returns {boolean} whether the link says that nothing is saved
 */
function isTemporary(key) {
  return key !== "" && isSwitchedOn(keyToRecipe(key), "temporary");
}
