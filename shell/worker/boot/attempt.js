/**
 * One attempt to start an instance, in five steps: find, Python, packages, files, open.
 *
 * start.js decides what a further attempt does differently. runtime.js starts Python, Python reads the
 * sources.
 */

import { applicationStart } from "./application-start.js";
import { Breakdown } from "../runtime/crash-monitor.js";
import { helps } from "../runtime/warm-up.js";
import { StartSnapshot } from "../runtime/snapshot/start-snapshot.js";
import { Intake } from "../sources/intake.js";
import { valueOf } from "../runtime/python-result.js";
import { Packages, PackagesFailed } from "./packages.js";
import { endPython, isForWantOfRest, offerRest, startPython } from "../runtime/runtime.js";
import { copied, filesBelow, marksOfKept, readSaved } from "./saved-files.js";
import { readPageFiles } from "../site-cache/site-files.js";
import { siteSettings } from "../site-cache/site-settings.js";
import { own } from "../storage/ownership.js";
import { canStoreBlobs } from "../storage/saved-bases.js";
import { StoredBlocks } from "../storage/stored-blocks.js";
import { newRecord } from "../storage/store-changes.js";
import { ConsentNeeded } from "../trust/consent.js";
import { LOCK } from "../trust/lock.js";
import { UNWATCHED } from "../storage/file-nodes.js";
import { WatchedFiles } from "../storage/block-file-system.js";
import { LiteError, STOPPED_BEFORE } from "../../shared/errors.js";
import { isForOwnFiles, isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { readableRecord } from "../../shared/saved-record.js";

/** @typedef {import("../storage/block-file-system.js").FileContent} FileContent */
/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("./application-start.js").ApplicationStart} ApplicationStart */
/** @typedef {import("./application-start.js").Context} Context */
/** @typedef {import("./start.js").StartOptions} StartOptions */
/** @typedef {import("./start.js").Started} Started */
/** @typedef {import("./boot-progress.js").Step} Step */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../runtime/runtime.js").Pyodide} Pyodide */

/** The folder in Pyodide's file system that is saved; engine/folder.py knows what is in it. */
const FOLDER = "/instance";

/**
 * What an attempt does differently from the first one.
 *
 * @typedef {object} Plan
 * @property {import("./packages.js").Failure[]} failures  of the attempts so far
 * @property {boolean} mayUseSnapshot  whether to start from a snapshot
 * @property {boolean} whole  with all of Python, even if a part has to be downloaded first
 */

/** @typedef {{snapshot: StartSnapshot, error: unknown}} Suspect  a snapshot that may be the cause of an error */

/**
 * What the first step finds out.
 *
 * @typedef {object} Found
 * @property {ApplicationStart} application
 * @property {Store} [store]
 * @property {string} owner  names this instance in the record
 * @property {SavedInstance} [found]  the record of what is saved
 * @property {{problems?: import("../../shared/errors.js").WireError[]}} [saved]  what is opened instead
 *   of the sources: saved or carried files
 * @property {Packages} packages
 * @property {StartSnapshot} snapshot
 * @property {boolean} whole
 * @property {boolean} mayExercise
 */

export class Attempt {
  #options;
  #plan;
  #breakdown = new Breakdown();
  /** @type {Promise<StartSnapshot> | undefined} its use of snapshots, once it looks for one */
  #snapshot;
  /** @type {Promise<import("../runtime/runtime.js").Pyodide> | undefined} */
  #starting;
  /** Stops showing others that the instance is open. */
  #disown = () => {};
  /** @type {unknown} why none of the sources can be fetched */
  #hopeless;
  /** What the record of a new generation says of work that stays. */
  #marks = marksOfKept([]);

  /**
   * @param {StartOptions} options
   * @param {Plan} plan
   */
  constructor(options, plan) {
    this.#options = options;
    this.#plan = plan;
  }

  /**
   * @returns {Promise<Started>}
   * @throws {LiteError} or whatever else stopped it; call `fail` then
   */
  run() {
    return this.#breakdown.unless(Promise.race([this.#steps(), aborted(this.#options.signal)]));
  }

  /**
   * Clear up after `run` has failed.
   *
   * @param {unknown} error
   * @returns {Promise<{plan: Plan, suspect?: Suspect} | undefined>} the plan of the next attempt;
   *   undefined if there should be none
   */
  async fail(error) {
    this.#disown();
    this.#starting?.then(endPython, () => {});
    const plan = this.#plan;
    const snapshot = await this.#snapshot;
    const isAborted = this.#options.signal.aborted || error === this.#hopeless;
    if (!isAborted && isForWantOfRest(error) && !plan.whole) {
      snapshot?.lacksRest();
      return { plan: { ...plan, whole: true } };
    }
    const isRefused = error instanceof LiteError && error.name === STOPPED_BEFORE;
    const isDecided = isAborted || isRefused || error instanceof ConsentNeeded;
    if (!isDecided && snapshot?.isUsed) {
      return { plan: { ...plan, mayUseSnapshot: false }, suspect: { snapshot, error } };
    }
    snapshot?.confirm();
    if (isAborted || !(error instanceof PackagesFailed)) return undefined;
    return { plan: { ...plan, failures: [...plan.failures, error.failure] } };
  }

  /** @returns {Promise<Started>} */
  async #steps() {
    const found = await this.#find();
    const { application, packages, snapshot, saved } = found;
    const { isApp } = application;
    this.#starting = startPython(this.#report, {
      whole: found.whole,
      isApp,
      snapshot: snapshot.memory,
    });
    readPageFiles();
    this.#starting.catch(() => {}); // nobody waits for it once the sources are hopeless
    const arriving = await this.#fetchOrRead(found);
    const pyodide = await Promise.race([this.#starting, this.#untilHopeless(application)]);
    this.#breakdown.watch(pyodide);
    const files = await this.#layOut(pyodide, arriving, found);
    const bootstrap = await this.#loadPackages(pyodide, found);
    bootstrap.read_blocks(files.pager);
    const python = application.make(bootstrap);
    bootstrap.destroy();
    const intake = new Intake(
      pyodide.FS,
      python,
      `${FOLDER}/${UNWATCHED}`,
      (work) => this.#breakdown.unless(work),
      (path, base) => files.attach(path, base),
      async () => !found.store || canStoreBlobs(found.store),
    );
    const isFetched = saved === undefined;
    const more = { pyodide, folder: FOLDER, found: found.found, isFetched };
    const context = { python, intake, packages, ...more };
    const taken = isFetched
      ? await application.take(context)
      : { problems: saved.problems ?? [], notes: [] };
    await this.#open(context, found);
    return {
      ...{ files, python, intake, packages, breakdown: this.#breakdown },
      ...taken,
      exercised: found.mayExercise ? () => snapshot.exercised() : undefined,
      disown: this.#disown,
      endPython: () => endPython(pyodide),
      saving: this.#saving(found, taken.problems),
    };
  }

  /**
   * @param {ApplicationStart} application
   * @returns {Promise<never>} rejected at once when none of the sources can be fetched
   */
  async #untilHopeless(application) {
    try {
      return await application.untilHopeless();
    } catch (error) {
      this.#hopeless = error;
      throw error;
    }
  }

  /** @type {(step: Step) => void} */
  #report = (step) => this.#options.reports.report(step);

  /**
   * Step 1: find what is saved, its packages, and a snapshot that fits.
   *
   * @returns {Promise<Found>}
   * @throws {ConsentNeeded}
   */
  async #find() {
    const { key, carried, decisions, fromSources, isNew } = this.#options;
    const recipe = key === "" ? [] : keyToRecipe(key);
    const settings = siteSettings();
    const store = isSwitchedOn(recipe, "temporary") ? undefined : await this.#options.openStore();
    const { owner = "", found: claimed, disown } = store ? await own(store, key) : {};
    if (disown) this.#disown = disown;
    // The data opens even where an older version of the site let a damaged record in.
    const found = claimed && readableRecord(claimed).record;
    const isOwn = isForOwnFiles(recipe);
    if (isOwn && !(isNew || carried || found)) throw notInThisBrowser();
    const kept = this.#reader(store, found);
    const application = applicationStart(recipe, this.#options, this.#report);
    const saved = fromSources ? undefined : (carried ?? found);
    const isImported = found?.origin === "import";
    // A person's own code has no other source.
    const code = await application.find(saved || isOwn ? kept : async () => [], isImported);
    const [lock] = await kept(LOCK);
    const decision = await decisions.of(key);
    // What has come to its end before is expected to do so again.
    const isProven = found !== undefined && !decision?.unfinished;
    const packages = new Packages({
      recipe,
      code,
      lock: lock && new TextDecoder().decode(lock[1]),
      isImported,
      settings,
      decision,
      failures: this.#plan.failures,
      note: (unfinished) => decisions.note(key, unfinished),
      allow: (ids) => decisions.add(key, ids, true),
      onUncertain: () => (isProven ? Promise.resolve() : this.#options.pageLoads.letGo()),
    });
    await application.check(packages);
    const snapshots = settings.snapshots && application.mayUseSnapshot ? store : undefined;
    this.#snapshot = StartSnapshot.find(snapshots, packages.identity, this.#plan.mayUseSnapshot);
    const snapshot = await this.#snapshot;
    // What packages of the person's own import is unknown.
    const isWhole = this.#plan.whole || application.needsWholePython;
    const whole = isWhole || packages.any || snapshot.needsRest;
    const mayExercise = helps() && snapshot.isToExercise && settings.exercises && !packages.any;
    return { application, store, owner, found, saved, packages, whole, snapshot, mayExercise };
  }

  /**
   * @param {Store | undefined} store
   * @param {SavedInstance | undefined} found
   * @returns {(folder: string) => Promise<Array<[string, Uint8Array]>>} reads those files whose path
   *   begins with `folder`, as they were carried over or are saved
   */
  #reader(store, found) {
    const { key, carried } = this.#options;
    return async (folder) => {
      const files = [...(carried?.files ?? [])].filter(([path]) => path.startsWith(folder));
      // Only databases are read block by block.
      if (files.length > 0) return /** @type {Array<[string, Uint8Array]>} */ (files);
      return store && found ? filesBelow(store, key, folder) : [];
    };
  }

  /**
   * Begin to fetch the sources, or to read what is saved, while Python starts.
   *
   * @param {Found} found
   * @returns {Promise<{files?: Promise<Map<string, FileContent>>}>} files of the instance's folder
   */
  async #fetchOrRead({ application, store, found, saved }) {
    const { carried, fromSources, reports } = this.#options;
    reports.hasSaved = fromSources && found !== undefined;
    if (!saved) await application.begin();
    const files = carried
      ? Promise.resolve(copied(carried.files)) // a start with fewer packages begins with the same files
      : found && readSaved(/** @type {Store} */ (store), found, reports, saved !== undefined);
    files?.catch(() => {});
    return { files };
  }

  /**
   * Step 2, once Python runs: lay out the files of the instance's folder.
   *
   * @param {import("../runtime/runtime.js").Pyodide} pyodide
   * @param {{files?: Promise<Map<string, FileContent>>}} arriving
   * @param {Found} found
   * @returns {Promise<WatchedFiles>}
   */
  async #layOut(pyodide, arriving, { application, store, found, saved }) {
    const stored = store && new StoredBlocks(this.#options.reopenStore, found?.generation);
    const files = new WatchedFiles(pyodide.FS, FOLDER, this.#options.onWrite, { stored });
    if (arriving.files) {
      this.#report({ stage: "restore", label: "" });
      const all = await arriving.files;
      const isKept = (/** @type {[string, FileContent]} */ [path]) =>
        saved || application.isKept(path);
      const kept = new Map([...all].filter(isKept));
      this.#marks = marksOfKept(kept.keys(), found);
      files.fill(kept);
    }
    return files;
  }

  /**
   * Step 3: lay out the packages and import everything. Then a snapshot may be taken.
   *
   * @param {import("../runtime/runtime.js").Pyodide} pyodide
   * @param {Found} found
   * @returns {Promise<any>} bootstrap.py
   */
  async #loadPackages(pyodide, { application, packages, snapshot }) {
    const bootstrap = pyodide.pyimport("bootstrap");
    if (snapshot.isUsed) valueOf(await bootstrap.resume());
    await packages.prepare(bootstrap, FOLDER, this.#report);
    this.#report({ stage: "datasette", label: "" });
    if (snapshot.isUsed) valueOf(bootstrap.check_packages());
    else {
      await application.load(bootstrap, packages);
      snapshot.leave(pyodide, bootstrap, this.#plan.whole);
    }
    offerRest(pyodide);
    return bootstrap;
  }

  /**
   * Step 5: open the application.
   *
   * @param {Context} context
   * @param {Found} found
   */
  async #open(context, { application, packages, snapshot }) {
    this.#options.signal.throwIfAborted();
    packages.problems.push(...(await application.open(context)));
    await packages.isStarted();
    snapshot.confirm();
    // For tools that measure starts.
    performance.mark("started", { detail: { snapshot: snapshot.isUsed } });
  }

  /**
   * @param {Found} found
   * @param {WireError[]} problems  of the sources
   * @returns {Started["saving"]}
   */
  #saving({ application, store, owner, found, saved }, problems) {
    if (!store) return undefined;
    const { key, carried } = this.#options;
    if (found && saved === found) return { store, record: found, isSaved: true };
    const refetchable = !carried && (found === undefined || found.refetchable === true);
    const more = { generation: found?.generation, problems, refetchable, marks: this.#marks };
    return { store, record: newRecord(key, application.versions, owner, more), isSaved: false };
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>} rejected when it is aborted
 */
function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function notInThisBrowser() {
  return new LiteError("The files of this workspace are not in this browser.", {
    hint:
      "They came from somebody’s computer and exist only in the browser that opened them; this address " +
      "does not contain them. To move them here, export the workspace there on the page “Saved data” and " +
      "import that file here. If this is that browser, they were deleted or could not be saved.",
  });
}
