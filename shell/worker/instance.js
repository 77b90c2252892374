/**
 * One instance: its boot, from a recipe or from what is saved to a Datasette that answers, and its
 * requests.
 *
 * Responsible for the order of things and for telling those who watch. How Python starts is
 * runtime.js's business, how a request crosses is bridge.js's, what a source contains is Python's, and
 * how its files are saved is saver.js's.
 */

import { Additions } from "./additions.js";
import { fetching, takeAll } from "./boot-sources.js";
import { answer } from "./bridge.js";
import { ConsentNeeded } from "./consent.js";
import { fetchSources, wantedBy } from "./downloads.js";
import { Intake } from "./intake.js";
import { valueOf } from "./outcome.js";
import { LOCK, Packages, PackagesFailed } from "./packages.js";
import { Replies } from "./replies.js";
import { startPython } from "./runtime.js";
import { RUN, Saver } from "./saver.js";
import { siteSettings } from "./site-settings.js";
import { claim, newRecord } from "./store-changes.js";
import { UNWATCHED, WatchedFiles } from "./watched-files.js";
import { toWire } from "../shared/errors.js";
import { instancePath } from "../shared/paths.js";
import { isSwitchedOn, keyToRecipe } from "../shared/recipe.js";
import { DATABASES, readFiles, readInstance } from "../shared/saved-store.js";
import { SHELL_ROOT } from "../shared/site.js";

/** @typedef {import("../shared/protocol.js").Progress} Progress */
/** @typedef {import("./runtime.js").Step} Step */
/** @typedef {import("./runtime.js").Pyodide} Pyodide */
/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../shared/protocol.js").RunningStatus} Status */

/**
 * @typedef {object} Carried
 * @property {Map<string, Uint8Array>} files
 * @property {import("../shared/errors.js").WireError[]} problems
 */

/** Watchers hear of progress this often at most, and this often at least. */
const REPORT_EVERY = 100;
const HEARTBEAT = 1000;

/** ms that requests which are being answered are waited for when the instance is closed. */
const CLOSING_TIME = 5000;

/** The folder in Pyodide's file system that is saved; engine/folder.py knows what is in it. */
const FOLDER = "/instance";

export class Instance {
  /** @type {"new" | "booting" | "ready" | "failed" | "stopped"} stopped: not to be used any more */
  state = "new";
  /** @type {Set<(progress: Progress) => void>} */
  watchers = new Set();
  /** When a request last came, in ms as performance.now() counts. */
  lastUsed = 0;
  /** Settled when the first save is over, with whatever outcome. */
  firstSave = Promise.resolve();
  #key;
  #siteRoot;
  /** @type {import("../shared/protocol.js").Consent | undefined} what a person has to decide first */
  consent;
  #openStore;
  #decisions;
  #onChange;
  #fromSources;
  #carried;
  #before;
  /** @type {Set<Promise<unknown>>} being answered */
  #requests = new Set();
  /** @type {WatchedFiles | undefined} */
  #files;
  /** @type {Saver | undefined} none when nothing is saved */
  #saver;
  /** @type {Replies | undefined} */
  #replies;
  /** @type {unknown} why nothing is saved, if that was not asked for */
  #unsaved;
  #startedAt = 0;
  #reportedAt = 0;
  /** @type {Step} */
  #step = { stage: "download", label: "" };
  /** @type {Promise<void> | undefined} */
  #booted;
  /** @type {import("../shared/errors.js").WireError[]} of the sources that could not be opened */
  #problems = [];
  /** @type {Intake | undefined} */
  #intake;
  /** @type {Packages | undefined} */
  #packages;
  /** @type {Additions | undefined} */
  #additions;
  /** @type {Promise<void> | undefined} */
  #closed;
  /** @type {any} BrowserInstance of bootstrap.py, as a PyProxy */
  #python;
  /** @type {any} its method, kept: each look-up would make another proxy */
  #handle;
  /** @type {Set<(error: unknown) => void>} how those who wait for Python learn that it broke down */
  #waiting = new Set();
  /** @type {unknown} what broke it down */
  #breakdown;

  /**
   * @param {string} key
   * @param {URL} siteRoot
   * @param {object} options
   * @param {import("./saver.js").OpenStore} options.openStore
   * @param {(by: string) => void} options.onChange  called when the databases were written to, with
   *   the id of the client that asked for it
   * @param {import("./consent.js").Decisions} options.decisions
   * @param {Carried} [options.carried]  what one before this had that was not saved
   * @param {boolean} options.fromSources  whatever is saved, to replace it
   * @param {Promise<unknown>} [options.before]  settled when what else is being done to this instance
   *   is over, such as closing the one before
   */
  constructor(key, siteRoot, { openStore, decisions, onChange, carried, fromSources, before }) {
    this.#key = key;
    this.#siteRoot = siteRoot;
    this.#openStore = openStore;
    this.#decisions = decisions;
    this.#carried = carried;
    this.#onChange = onChange;
    this.#fromSources = fromSources;
    this.#before = before;
  }

  /**
   * Start, unless that has happened already.
   *
   * @returns {Promise<void>} settled when the instance answers requests
   * @throws {LiteError} or whatever else stopped the boot
   */
  boot() {
    this.#booted ??= this.#run();
    return this.#booted;
  }

  /** @returns {Progress} */
  get progress() {
    return { ...this.#step, elapsed: Math.round(performance.now() - this.#startedAt) };
  }

  /**
   * @param {Request} request
   * @param {object} event
   * @param {string} event.clientId
   * @param {number} event.arrivedAt  in ms since 1970
   * @param {Promise<void>} [event.handled]  settled when the browser has the answer, or never will
   * @param {import("./bridge.js").ErrorPage} errorPage
   * @returns {Promise<Response>}
   */
  async handle(request, event, errorPage) {
    this.lastUsed = performance.now();
    const response = this.#respond(request, event, errorPage);
    this.#requests.add(response);
    try {
      return await response;
    } finally {
      this.#requests.delete(response);
    }
  }

  /**
   * @param {Request} request
   * @param {{clientId: string, arrivedAt: number, handled?: Promise<void>}} event
   * @param {import("./bridge.js").ErrorPage} errorPage
   * @returns {Promise<Response>}
   */
  async #respond(request, { clientId, arrivedAt, handled }, errorPage) {
    /** @type {import("./bridge.js").Handle} */
    const handle = (...asgi) => this.#unlessPythonBreaks(this.#handle(...asgi));
    const saver = this.#saver;
    if (!saver) {
      return answer(handle, request, clientId, { errorPage, settle: async () => {} });
    }
    const fingerprint = (await this.#replies?.fingerprint(request)) ?? "";
    const earlier = fingerprint && this.#replies?.find(fingerprint, arrivedAt);
    /** @param {string} id */
    const forget = (id) => void handled?.then(() => saver.delivered(id)).catch(() => {});
    if (earlier) {
      forget(earlier.id);
      return earlier.response;
    }
    const inProgress = await saver.beginRequest({
      mayComeAgain: fingerprint !== "",
      onlyReads: ["GET", "HEAD"].includes(request.method),
    });
    /** @type {import("./bridge.js").Settle} */
    const settle = async (whole) => {
      const reply = fingerprint && whole && { ...whole, fingerprint, run: RUN, at: Date.now() };
      const edits = await this.#orStop(inProgress.settle(reply || undefined));
      if (edits) this.#onChange(clientId);
      if (reply) forget(inProgress.id);
    };
    try {
      return await answer(handle, request, clientId, { errorPage, settle });
    } finally {
      inProgress.end();
    }
  }

  /** @returns {Omit<Status, "state" | "newer" | "refused">} */
  get saving() {
    const problems = [...this.#problems, ...(this.#packages?.problems ?? [])];
    if (this.#saver) return { saving: "saved", edited: this.#saver.record.edited, problems };
    if (this.#unsaved === undefined) return { saving: "temporary", edited: false, problems };
    return { saving: "unsaved", reason: toWire(this.#unsaved), edited: false, problems };
  }

  /** @returns {Packages} of an instance that has started */
  get packages() {
    return /** @type {Packages} */ (this.#packages);
  }

  /** @returns {Carried | undefined} what is lost when this is closed; undefined if it is saved */
  get unsaved() {
    if (this.state !== "ready" || this.#saver || !this.#files) return undefined;
    return { files: this.#files.copyAll(), problems: this.#problems };
  }

  /**
   * Shut down; the instance is of no use afterwards.
   *
   * @returns {Promise<void>} settled when all that it was asked to save is saved
   */
  close() {
    this.state = "stopped";
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown() {
    await this.#booted?.catch(() => {});
    const answered = Promise.allSettled(this.#requests);
    await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, CLOSING_TIME))]);
    // One that has broken down settles nothing more, and whoever comes next waits for this.
    if (this.#python && !this.#breakdown) {
      await this.#unlessPythonBreaks(this.#python.close()).catch(() => {});
    }
    await this.#saver?.stop();
    if (!this.#breakdown) {
      this.#handle?.destroy();
      this.#python?.destroy();
      this.#packages?.destroy();
    }
    this.#python = this.#handle = undefined;
  }

  /**
   * @param {Promise<boolean>} saved
   * @returns {Promise<boolean>} whether the databases were written to
   * @throws {LiteError} it could not be saved; the instance is then stopped, so that what was refused
   *   is not shown either
   */
  async #orStop(saved) {
    try {
      return await saved;
    } catch (error) {
      await this.firstSave;
      if (this.#unsaved !== undefined) return false; // as the page is told
      void this.close();
      throw error;
    }
  }

  async #run() {
    this.state = "booting";
    this.#startedAt = performance.now();
    const heartbeat = setInterval(() => this.#tell(), HEARTBEAT);
    try {
      await this.#before?.catch(() => {});
      await this.#unlessPythonBreaks(this.#bootWithLess([]));
      if (this.state === "booting") this.state = "ready";
    } catch (error) {
      if (this.state === "booting") this.state = "failed";
      if (error instanceof ConsentNeeded) this.consent = error.consent;
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  }

  /**
   * @param {import("./packages.js").Failure[]} failures  of the attempts so far
   * @returns {Promise<void>}
   */
  async #bootWithLess(failures) {
    try {
      await this.#boot(failures);
    } catch (error) {
      if (!(error instanceof PackagesFailed)) throw error;
      await this.#bootWithLess([...failures, error.failure]);
    }
  }

  /** @param {import("./packages.js").Failure[]} failures */
  async #boot(failures) {
    const recipe = this.#key === "" ? [] : keyToRecipe(this.#key);
    const store = isSwitchedOn(recipe, "temporary") ? undefined : await this.#tryStore();
    const owner = crypto.randomUUID();
    const found = store && (await claim(store, this.#key, owner));
    const carried = this.#carried;
    const lock = carried?.files.get(LOCK) ?? (found && (await fileOf(store, this.#key, LOCK)));
    const packages = new Packages({
      recipe,
      lock: lock && new TextDecoder().decode(lock),
      settings: await siteSettings(),
      decision: await this.#decisions.of(this.#key),
      failures,
    });
    const saved = this.#fromSources ? undefined : (carried ?? found);
    const sources = saved ? [] : await wantedBy(recipe);
    // Both run while Python starts; what they report is shown once it is their turn.
    const downloads = fetchSources(sources, this.#siteRoot, (download) => {
      if (this.#step.stage === "fetch") this.#report(fetching(download));
    });
    const contents = carried
      ? Promise.resolve(carried.files)
      : found && this.#readSaved(/** @type {Store} */ (store), found);
    contents?.catch(() => {});
    const pyodide = await startPython((step) => this.#report(step));
    this.#listenForBreakdown(pyodide);
    this.#files = new WatchedFiles(pyodide.FS, FOLDER, () => this.#saver?.soon());
    if (contents) {
      this.#report({ stage: "restore", label: "" });
      const all = await contents;
      this.#files.fill(saved ? all : beyondSources(all));
    }
    const bootstrap = pyodide.pyimport("bootstrap");
    await packages.prepare(bootstrap, FOLDER, (step) => this.#report(step));
    this.#report({ stage: "datasette", label: "" });
    const base = this.#siteRoot.pathname + instancePath(this.#key);
    const python = await packages.orLess(() =>
      bootstrap.BrowserInstance(base, SHELL_ROOT.pathname),
    );
    bootstrap.destroy();
    const intake = new Intake(pyodide.FS, python, `${FOLDER}/${UNWATCHED}`, (work) =>
      this.#unlessPythonBreaks(work),
    );
    this.#problems = saved?.problems ?? [];
    if (!saved) {
      this.#problems = await takeAll(downloads, {
        intake,
        siteRoot: this.#siteRoot,
        report: (step) => this.#report(step),
        settled: () => packages.trustedConfiguration(python),
        replaced: found,
      });
    }
    this.#report({ stage: "open", label: "" });
    const trusted = packages.trustedConfiguration(python);
    const memory = isSwitchedOn(recipe, "memory");
    const leftOut = await packages.orLess(async () => valueOf(await python.open(memory, trusted)));
    packages.problems.push(...leftOut);
    this.#packages = packages;
    this.#python = python;
    this.#handle = python.handle;
    this.#intake = intake;
    this.#additions = new Additions(intake, (...work) => this.#andSave(...work));
    if (!store) return;
    const versions = downloads.map(({ version }) => version);
    const more = { generation: found?.generation, problems: this.#problems };
    const isSaved = saved !== undefined && saved === found;
    const record = isSaved ? found : newRecord(this.#key, versions, owner, more);
    await this.#startSaving(store, record, isSaved);
  }

  /** @returns {Promise<Store | undefined>} undefined where the browser offers none */
  async #tryStore() {
    try {
      return await this.#openStore();
    } catch (error) {
      this.#unsaved = error;
      return undefined;
    }
  }

  /**
   * @param {Store} store
   * @param {SavedInstance} saved
   */
  async #readSaved(store, saved) {
    return readFiles(store, saved.generation, (done) => {
      const step = { done, total: saved.size, unit: /** @type {const} */ ("bytes") };
      if (this.#step.stage === "restore") this.#report({ stage: "restore", label: "", ...step });
    });
  }

  /**
   * @param {Store} store
   * @param {SavedInstance} record
   * @param {boolean} isSaved  already
   */
  async #startSaving(store, record, isSaved) {
    const files = /** @type {WatchedFiles} */ (this.#files);
    const saver = new Saver(this.#openStore, files, record, (saved) => {
      this.#orStop(saved).then(
        (edits) => edits && this.#onChange(""),
        (error) => console.warn("Changes could not be saved.", error),
      );
    });
    this.#replies = isSaved ? await Replies.of(store, record.generation) : new Replies(new Map());
    saver.keep(this.#replies.earlier);
    this.#saver = saver;
    this.firstSave = isSaved
      ? saver.saveStart()
      : saver.begin().catch((error) => {
          console.warn("Nothing is saved.", error);
          this.#unsaved = error;
          this.#saver = undefined;
        });
  }

  /** @param {Pyodide} pyodide */
  #listenForBreakdown(pyodide) {
    // Not in its types, but nothing else tells: what waits for Python then would wait for ever.
    /** @type {any} */ (pyodide)._api.on_fatal = (/** @type {unknown} */ error) => {
      this.state = "failed";
      this.#breakdown = error;
      for (const fail of this.#waiting) fail(error);
    };
  }

  /**
   * @template T
   * @param {Promise<T>} work  of Python's, which is never settled once Python has broken down
   * @returns {Promise<T>}
   */
  #unlessPythonBreaks(work) {
    return new Promise((resolve, reject) => {
      if (this.#breakdown) reject(this.#breakdown);
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /**
   * Take in files from the person's own disk, and save them.
   *
   * @param {import("../shared/protocol.js").FileToAdd[]} files
   * @param {import("./additions.js").AddWatch} watch
   * @returns {Promise<import("../shared/protocol.js").AddResult>}
   * @throws {LiteError}
   */
  add(files, { by, onProgress, isCancelled }) {
    const additions = /** @type {Additions} */ (this.#additions);
    return this.#inUse(
      additions.add(files, {
        by,
        onProgress: (progress) => {
          this.lastUsed = performance.now();
          onProgress(progress);
        },
        isCancelled: () => isCancelled() || this.state !== "ready",
      }),
    );
  }

  /**
   * @param {File} file
   * @param {import("../shared/recipe.js").ImportOptions} options
   * @returns {Promise<import("../shared/protocol.js").Preview>}
   * @throws {LiteError}
   */
  preview(file, options) {
    return this.#inUse(/** @type {Intake} */ (this.#intake).preview(file, options));
  }

  /**
   * Fetch a source again and replace what it became, if there is newer data.
   *
   * @param {string} id
   * @param {string} by  id of the client that asks
   * @returns {Promise<{path: string, url?: string}>} url: of what was fetched, if anything was
   * @throws {LiteError}
   */
  async reload(id, by) {
    const additions = /** @type {Additions} */ (this.#additions);
    const work = additions.reload(this.#python, id, by, this.#siteRoot, (version) => {
      this.#saver?.noteSource(version);
      this.#problems = this.#problems.filter(({ source }) => source !== version.url);
    });
    return this.#inUse(work);
  }

  /**
   * Install a plugin, for the next start.
   *
   * @param {string} requirement
   * @param {boolean} upgrade
   * @param {(progress: import("../shared/protocol.js").InstallProgress) => void} onProgress
   * @returns {ReturnType<Packages["install"]>}
   */
  install(requirement, upgrade, onProgress) {
    const install = () => this.packages.install(requirement, upgrade, onProgress);
    return this.#inUse(this.#andSave("", install));
  }

  /**
   * Remove one, for the next start.
   *
   * @param {string} name
   * @returns {Promise<ReturnType<Packages["uninstall"]>>}
   */
  uninstall(name) {
    return this.#inUse(this.#andSave("", async () => this.packages.uninstall(name)));
  }

  /**
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>} during which the instance is not to be closed, if that can wait
   */
  async #inUse(work) {
    this.lastUsed = performance.now();
    this.#requests.add(work);
    try {
      return await this.#unlessPythonBreaks(work);
    } finally {
      this.#requests.delete(work);
    }
  }

  /** @type {import("./additions.js").AndSave} */
  async #andSave(by, work, onSave = () => {}) {
    const inProgress = await this.#saver?.beginRequest({});
    try {
      const result = await work();
      onSave(0, 0);
      if (this.#saver) this.#saver.onProgress = onSave;
      if (inProgress && (await this.#orStop(inProgress.settle()))) this.#onChange(by);
      return result;
    } finally {
      if (this.#saver) this.#saver.onProgress = () => {};
      inProgress?.end();
    }
  }

  /** @param {Step} step */
  #report(step) {
    const newStage = step.stage !== this.#step.stage || step.label !== this.#step.label;
    this.#step = step;
    if (newStage || performance.now() - this.#reportedAt > REPORT_EVERY) this.#tell();
  }

  #tell() {
    this.#reportedAt = performance.now();
    for (const watcher of this.watchers) watcher(this.progress);
  }
}

/**
 * @param {Store | undefined} store
 * @param {string} key
 * @param {string} path
 * @returns {Promise<Uint8Array | undefined>} one file of a saved instance
 */
async function fileOf(store, key, path) {
  if (!store) return undefined;
  const { files } = await readInstance(store, key, (other) => other === path);
  return files[0] && new Uint8Array(await files[0].content.arrayBuffer());
}

/**
 * What stays when the sources are loaded anew: stored queries, cookies, the secret.
 *
 * @param {Map<string, Uint8Array>} files  of an instance's folder
 * @returns {Map<string, Uint8Array>}
 */
function beyondSources(files) {
  return new Map(
    [...files].filter(([path]) => !path.startsWith(DATABASES) && path !== "state.json"),
  );
}
