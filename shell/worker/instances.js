/**
 * The instances of this site: those that live in this worker, found by the key in an address, and
 * those that are saved.
 *
 * Responsible for starting each once, for how many run, and for what concerns an instance as a whole
 * whether it runs or not: deleting it, bringing one from elsewhere, asking whether its sources have
 * changed. What one does is instance.js's business.
 */

import { absolute, hasChanged, shippedSources } from "./downloads.js";
import { Decisions, packageItems } from "./consent.js";
import { Instance } from "./instance.js";
import { deleteImages } from "./image-store.js";
import { siteSettings } from "./site-settings.js";
import { removeInstance, saveCopy, sweep } from "./store-changes.js";
import { Turns } from "./turns.js";
import { LiteError } from "../shared/errors.js";
import { openStore } from "../shared/saved-store.js";

/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("../shared/protocol.js").CheckResult} CheckResult */
/** @typedef {import("../shared/protocol.js").InstallProgress} InstallProgress */

/** Each holds some 100 MB. */
const AT_MOST = 4;

export class Instances {
  /** @type {Map<string, Instance>} */
  #running = new Map();
  #siteRoot;
  #onChange;
  /** @type {Promise<Store> | undefined} */
  #store;
  #swept = false;
  /** By key: what must be over before the instance may start. */
  #busy = new Turns();
  /** By key: decisions about code and changes to packages, with the starts that they need. */
  #changes = new Turns();
  /** @type {Map<string, string[]>} by key: what the last check found */
  #newer = new Map();
  #decisions = new Decisions(() => this.#open());

  /**
   * @param {URL} siteRoot
   * @param {(key: string, by: string) => void} onChange  called when an instance's databases were
   *   written to, with the id of the client that asked for it
   */
  constructor(siteRoot, onChange) {
    this.#siteRoot = siteRoot;
    this.#onChange = onChange;
  }

  /**
   * @param {string} key
   * @param {{afresh?: boolean, fromSources?: boolean, restart?: boolean}} [options]  afresh: not the one whose boot
   *   failed; fromSources: what is saved is to be replaced by what the sources have now; restart: with
   *   what it has, in a Python of its own
   * @returns {Instance}
   */
  get(key, { afresh = false, fromSources = false, restart = false } = {}) {
    let instance = this.#running.get(key);
    // One that waits for a person's decision has not failed: starting it again would only ask again.
    const hasFailed = instance?.state === "failed" && !instance.consent;
    const unfit = instance?.state === "stopped" || (afresh && hasFailed);
    if (!instance || unfit || fromSources || restart) {
      const carried = restart && instance ? instance.unsaved : undefined;
      if (instance) this.#close(key, instance);
      instance = new Instance(key, this.#siteRoot, {
        openStore: (closed) => this.#open(closed),
        decisions: this.#decisions,
        carried,
        onChange: (by) => this.#onChange(key, by),
        fromSources,
        before: this.#busy.of(key),
      });
      if (fromSources) this.#newer.delete(key);
      this.#running.set(key, instance);
      this.#makeRoom(instance);
    }
    instance.lastUsed = performance.now();
    return instance;
  }

  /**
   * @param {string} key
   * @returns {import("../shared/protocol.js").Status | undefined} undefined while it is not running
   */
  status(key) {
    const instance = this.#running.get(key);
    if (instance?.consent) return { state: "consent", consent: instance.consent };
    if (instance?.state !== "ready") return undefined;
    const { refused } = instance.packages;
    return { state: "ready", ...instance.saving, newer: this.#newer.get(key) ?? [], refused };
  }

  /**
   * Ask the sources of a saved instance whether they have newer data.
   *
   * @param {string} key
   * @returns {Promise<CheckResult>}
   */
  async check(key) {
    const store = await this.#open();
    const saved = await store.get("instances", key);
    /** @type {CheckResult} */
    const result = { newer: [], edited: saved?.edited ?? false };
    if (!saved) return result;
    await Promise.all(
      saved.sources.map((source) =>
        hasChanged(source).then(
          (changed) => changed && result.newer.push(source.url),
          () => {}, // one that cannot be asked keeps nothing from opening
        ),
      ),
    );
    if (key === "") {
      // A new version of the site may ship more than before.
      const known = new Set(saved.sources.map(({ url }) => url));
      const shipped = (await shippedSources()).map(({ value }) => absolute(value, this.#siteRoot));
      result.newer.push(...shipped.filter((url) => !known.has(url)));
    }
    this.#newer.set(key, result.newer);
    return result;
  }

  /**
   * Fetch a source of an instance again, and replace what it became if there is newer data.
   *
   * @param {string} key
   * @param {string} source  its id
   * @param {string} by  id of the client that asks
   * @returns {Promise<import("../shared/protocol.js").ReloadResult>}
   * @throws {import("../shared/errors.js").LiteError}
   */
  async reload(key, source, by) {
    const instance = await this.running(key);
    const { path, url } = await instance.reload(source, by);
    if (url) {
      const newer = this.#newer.get(key) ?? [];
      const left = newer.filter((other) => other !== url);
      this.#newer.set(key, left);
    }
    return { changed: url !== undefined, path };
  }

  /**
   * @param {string} key
   * @returns {Promise<Instance>} that answers
   * @throws {import("../shared/errors.js").LiteError} it cannot be started
   */
  async running(key) {
    let instance;
    do {
      instance = this.get(key, { afresh: true });
      await instance.boot();
    } while (instance.state === "stopped"); // somebody started it anew meanwhile
    return instance;
  }

  /**
   * Note what a person has decided about the code that an instance waits with; the next request starts
   * it anew.
   *
   * @param {string} key
   * @param {boolean | null} allow  null: forget it, and ask again
   * @returns {Promise<void>}
   */
  decide(key, allow) {
    return this.#changes.take(key, () => this.#decide(key, allow));
  }

  /** @type {Instances["decide"]} */
  async #decide(key, allow) {
    const instance = this.get(key);
    if (allow === null) await this.#decisions.forget(key);
    else {
      await instance.boot().catch(() => {});
      if (!instance.consent || instance.consent.locked) return;
      await this.#decisions.add(key, instance.consent.items, allow);
    }
    this.get(key, { restart: true });
  }

  /**
   * Install a plugin and start the instance anew.
   *
   * @param {Pick<import("../shared/protocol.js").InstallQuestion, "key" | "requirement" | "upgrade">} wanted
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {ReturnType<Instance["install"]>}
   * @throws {LiteError}
   */
  install(wanted, onProgress) {
    return this.#changes.take(wanted.key, () => this.#install(wanted, onProgress));
  }

  /** @type {Instances["install"]} */
  async #install({ key, requirement, upgrade }, onProgress) {
    const settings = await siteSettings();
    if (settings.locked) {
      throw new LiteError("No plugins can be installed here.", {
        hint: "Whoever runs this site has locked it to the plugins that come with it.",
      });
    }
    const instance = await this.running(key);
    const done = await instance.install(requirement, upgrade, onProgress);
    // Whoever installs it allows it.
    await this.#decisions.add(key, packageItems([], [requirement.trim()], settings), true);
    await this.#restart(key, onProgress);
    return done;
  }

  /**
   * Remove a plugin and start the instance anew.
   *
   * @param {Pick<import("../shared/protocol.js").UninstallQuestion, "key" | "name">} wanted
   * @param {(progress: InstallProgress) => void} onProgress
   * @returns {ReturnType<Instance["uninstall"]>}
   * @throws {LiteError}
   */
  uninstall(wanted, onProgress) {
    return this.#changes.take(wanted.key, () => this.#uninstall(wanted, onProgress));
  }

  /** @type {Instances["uninstall"]} */
  async #uninstall({ key, name }, onProgress) {
    const instance = await this.running(key);
    const done = await instance.uninstall(name);
    // What kept it from starting may be what was removed.
    await this.#decisions.note(key, 0);
    await this.#restart(key, onProgress);
    return done;
  }

  /**
   * @param {string} key
   * @param {(progress: InstallProgress) => void} onProgress
   */
  async #restart(key, onProgress) {
    onProgress({ step: "restarting", name: "", done: 0, total: 0 });
    await this.get(key, { restart: true }).boot();
  }

  /**
   * Delete instances, saved and running.
   *
   * @param {string[]} keys
   * @returns {Promise<void>}
   */
  async forget(keys) {
    const store = await this.#open();
    for (const key of keys) {
      await this.#whileStopped(key, () => removeInstance(store, key));
      await this.#decisions.forget(key);
    }
    // They hold its plugins. Other instances make theirs again.
    await deleteImages(store);
  }

  /**
   * Save an instance that was exported elsewhere, in place of one with its key.
   *
   * @param {import("../shared/saved-store.js").SavedInstance} instance
   * @param {Array<{path: string, content: Blob}>} files
   * @returns {Promise<void>}
   * @throws {import("../shared/errors.js").LiteError} there is no room
   */
  async restore(instance, files) {
    const store = await this.#open();
    // Its packages may be others than those that were allowed.
    await this.#decisions.forget(instance.key);
    await this.#whileStopped(instance.key, () => saveCopy(store, instance, files));
  }

  /**
   * Do something to an instance that must not be running, and let it not start meanwhile.
   *
   * @param {string} key
   * @param {() => Promise<void>} work
   */
  async #whileStopped(key, work) {
    const instance = this.#running.get(key);
    this.#running.delete(key);
    this.#newer.delete(key);
    if (instance) this.#close(key, instance);
    await this.#busy.take(key, work);
  }

  /**
   * @param {string} key
   * @param {Instance} instance
   */
  #close(key, instance) {
    this.#busy.take(key, () => instance.close()).catch(() => {});
    instance.state = "stopped";
  }

  /**
   * @param {Store} [closed]  one that turned out to be unusable
   * @returns {Promise<Store>}
   */
  async #open(closed) {
    if (closed && (await this.#store) === closed) this.#store = undefined;
    this.#store ??= openStore(this.#siteRoot, () => (this.#store = undefined));
    try {
      const store = await this.#store;
      // What the run before this one was in the middle of can only be cleared away before this one
      // begins to save.
      if (!this.#swept) {
        this.#swept = true;
        await sweep(store);
      }
      return store;
    } catch (error) {
      this.#store = undefined;
      throw error;
    }
  }

  /** @param {Instance} newcomer */
  #makeRoom(newcomer) {
    const idle = [...this.#running].filter(
      ([, instance]) => instance !== newcomer && instance.state !== "booting",
    );
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, instance] of idle.slice(0, Math.max(0, this.#running.size - AT_MOST))) {
      this.#running.delete(key);
      this.#close(key, instance);
    }
  }
}
