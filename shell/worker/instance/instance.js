/**
 * One instance: its life from its start until it is closed, and its requests.
 *
 * Responsible for what may happen when. How it starts is start.js's business, how a request is
 * answered is respond.js's, what a source contains is Python's, and how its files are saved is saver.js's.
 */

import { Additions } from "./additions.js";
import { Breakdown } from "../runtime/crash-monitor.js";
import { exercise } from "../runtime/warm-up.js";
import { InUse } from "./in-use.js";
import { quiet } from "./quiet.js";
import { Replies } from "../bridge/saved-replies.js";
import { BootProgress } from "../boot/boot-progress.js";
import { respond } from "./respond.js";
import { Saver } from "../storage/saver.js";
import { start } from "../boot/start.js";
import { StaticAnswers } from "../bridge/static-responses.js";
import { ConsentNeeded } from "../trust/consent.js";
import { LiteError, OUTDATED, toWire } from "../../shared/errors.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/protocol.js").RunningStatus} Status */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("../boot/packages.js").Packages} Packages */
/** @typedef {import("../boot/start.js").Carried} Carried */
/** @typedef {import("../storage/block-file-system.js").WatchedFiles} WatchedFiles */

/** ms that Datasette's own end is waited for when the instance is closed. */
const CLOSING_TIME = 5000;

export class Instance {
  /** @type {"new" | "booting" | "ready" | "failed" | "stopped"} stopped: not to be used any more */
  state = "new";
  reports = new BootProgress();
  /** When something was last asked for or answered, in ms as performance.now() counts. */
  lastUsed = 0;
  /** Whether a person may have changed anything since its start; what is saved says the rest. */
  isChanged = false;
  /** Settled when the first save is over, with whatever outcome. */
  firstSave = Promise.resolve();
  #key;
  #siteRoot;
  /** @type {import("../../shared/protocol.js").Consent | undefined} what a person has to decide first */
  consent;
  #openStore;
  #decisions;
  #guard;
  #onChange;
  #fromSources;
  #isNew;
  #carried;
  #before;
  #uses = new InUse();
  /** @type {WatchedFiles | undefined} */
  #files;
  /** @type {Saver | undefined} none when nothing is saved */
  #saver;
  /** @type {Replies | undefined} */
  #replies;
  #staticAnswers = new StaticAnswers();
  /** @type {unknown} why nothing is saved, if that was not asked for */
  #unsaved;
  /** @type {Promise<void> | undefined} */
  #booted;
  /** @type {import("../../shared/errors.js").WireError[]} of the sources that could not be opened */
  #problems = [];
  /** @type {import("../../shared/protocol.js").Note[]} on sources that this start has opened */
  #notes = [];
  /** @type {Intake | undefined} */
  #intake;
  /** @type {Packages | undefined} */
  #packages;
  /** @type {Additions | undefined} */
  #additions;
  /** @type {Promise<void> | undefined} */
  #closed;
  #abandoning = new AbortController();
  /** Ends that other workers see that this is open. */
  #disown = () => {};
  /** @type {any} BrowserInstance of bootstrap.py, as a PyProxy */
  #python;
  /** @type {any} its method, kept: each look-up would make another proxy */
  #handle;
  #breakdown = new Breakdown();
  /** @type {(() => void) | undefined} to be called when it has exercised; undefined if it is not to */
  #exercised;

  /**
   * @param {string} key
   * @param {URL} siteRoot
   * @param {object} options
   * @param {import("../storage/saver.js").OpenStore} options.openStore
   * @param {(by: string) => void} options.onChange  called when the databases were written to, with
   *   the id of the client that asked for it
   * @param {import("../trust/decisions.js").Decisions} options.decisions
   * @param {import("./crash-guard.js").CrashGuard} options.guard
   * @param {Carried} [options.carried]  what one before this had that was not saved
   * @param {boolean} options.fromSources  whatever is saved, to replace it
   * @param {boolean} options.isNew  whether one for files of the person's own may begin without them
   * @param {Promise<unknown>} [options.before]  settled when what else is being done to this instance
   *   is over, such as closing the one before
   */
  constructor(key, siteRoot, options) {
    const { openStore, decisions, guard, onChange, carried, fromSources, isNew, before } = options;
    this.#key = key;
    this.#siteRoot = siteRoot;
    this.#openStore = openStore;
    this.#decisions = decisions;
    this.#guard = guard;
    this.#carried = carried;
    this.isChanged = carried !== undefined;
    this.#onChange = onChange;
    this.#fromSources = fromSources;
    this.#isNew = isNew;
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

  /**
   * @param {Request} request
   * @param {import("./respond.js").Arrival} event
   * @param {import("../bridge/bridge.js").ErrorPage} errorPage
   * @returns {Promise<Response>}
   */
  async handle(request, event, errorPage) {
    this.lastUsed = performance.now();
    // A saved one's record says whether its databases were changed.
    if (!this.#saver && !["GET", "HEAD"].includes(request.method)) this.isChanged = true;
    let endLoad = () => {};
    const response = respond(request, event, errorPage, {
      handle: (...asgi) => {
        endLoad = this.#guard.begin(request);
        return this.#breakdown.unless(this.#handle(...asgi));
      },
      staticAnswers: this.#staticAnswers,
      saver: this.#saver,
      replies: this.#replies,
      onSave: async (saved) => {
        if (await this.#orStop(saved)) this.#onChange(event.clientId);
      },
      onStream: (stream) => this.#uses.add(stream),
    });
    try {
      return await this.#uses.during(response);
    } finally {
      endLoad();
      this.lastUsed = performance.now();
    }
  }

  /** @returns {Omit<Status, "state" | "newer" | "refused" | "evicted">} */
  get saving() {
    const problems = [...this.#problems, ...(this.#packages?.problems ?? [])];
    const told = { problems, notes: this.#notes };
    if (this.#saver) {
      const { edited, origin } = this.#saver.record;
      return { saving: "saved", edited, isImported: origin === "import", ...told };
    }
    const fresh = { edited: false, isImported: false, ...told };
    if (this.#unsaved === undefined) return { saving: "temporary", ...fresh };
    return { saving: "unsaved", reason: toWire(this.#unsaved), ...fresh };
  }

  /** @returns {Packages} of an instance that has started */
  get packages() {
    return /** @type {Packages} */ (this.#packages);
  }

  /** @returns {boolean} whether something is lost when this is closed */
  get isUnsaved() {
    return this.#carried !== undefined || (this.state === "ready" && !this.#saver);
  }

  /** @returns {Carried | undefined} what is lost when this is closed; undefined if it is saved */
  get unsaved() {
    if (!this.isUnsaved) return undefined;
    // What was carried here is still there until the start has got as far as to take it over.
    return (
      this.#carried ?? {
        files: /** @type {WatchedFiles} */ (this.#files).copyAll(),
        problems: this.#problems,
      }
    );
  }

  /** @returns {boolean} whether it is being started to replace what is saved */
  get isReplacing() {
    return this.#fromSources && this.state === "booting";
  }

  /** @returns {boolean} */
  get isAbandoned() {
    return this.#abandoning.signal.aborted;
  }

  /** End a start at once, so that it saves nothing. To be closed afterwards. */
  abandon() {
    this.#abandoning.abort(new LiteError("This start was ended in favour of another one."));
  }

  /** @returns {boolean} whether something is being answered, downloads included */
  get isBusy() {
    return this.#uses.isBusy;
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
    await this.#uses.end();
    // One that has broken down settles nothing more, and whoever comes next waits for this.
    if (this.#python && !this.#breakdown.error) {
      await briefly(this.#breakdown.unless(this.#python.close()).catch(() => {}));
    }
    await this.#saver?.stop();
    this.#disown();
    if (!this.#breakdown.error) {
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
    try {
      await this.reports.during(async () => {
        await this.#before?.catch(() => {});
        await this.#start();
      });
      this.lastUsed = performance.now(); // whoever waited for it asks for a page now
      if (this.state === "booting") this.state = "ready";
    } catch (error) {
      if (this.state === "booting") this.state = "failed";
      if (error instanceof ConsentNeeded) this.consent = error.consent;
      throw error;
    }
  }

  async #start() {
    const started = await start({
      key: this.#key,
      siteRoot: this.#siteRoot,
      openStore: () => this.#tryStore(),
      decisions: this.#decisions,
      carried: this.#carried,
      fromSources: this.#fromSources,
      isNew: this.#isNew,
      signal: this.#abandoning.signal,
      onWrite: () => this.#saver?.soon(),
      reports: this.reports,
    });
    const { files, python, intake, packages, breakdown, problems, exercised, saving } = started;
    this.#disown = started.disown;
    this.#breakdown = breakdown;
    breakdown.onBreakdown = () => {
      this.state = "failed";
      this.#guard.failed(breakdown.error);
    };
    this.#files = files;
    this.#carried = undefined;
    this.#python = python;
    this.#handle = python.handle;
    this.#intake = intake;
    this.#packages = packages;
    this.#problems = problems;
    this.#notes = started.notes;
    this.#exercised = exercised;
    this.#additions = new Additions(intake, (...work) => this.#andSave(...work));
    if (saving) await this.#startSaving(saving);
  }

  /** @returns {Promise<Store | undefined>} undefined where the browser offers none */
  async #tryStore() {
    try {
      return await this.#openStore();
    } catch (error) {
      // To go on without what is saved would show other data than the person left here.
      if (error instanceof LiteError && error.name === OUTDATED) throw error;
      this.#unsaved = error;
      return undefined;
    }
  }

  /** @param {NonNullable<import("../boot/start.js").Started["saving"]>} saving */
  async #startSaving({ store, record, isSaved }) {
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

  /** @returns {Promise<void>} settled when all that a boot leads to is saved, and asked for */
  async settled() {
    await this.firstSave;
    await this.quiet();
  }

  /** @returns {Promise<boolean>} see quiet.js */
  quiet() {
    return quiet(() => (this.#uses.isAwaited ? 0 : performance.now() - this.lastUsed));
  }

  /**
   * Exercise, if that is still to be done. To be called when a page was answered.
   *
   * @returns {Promise<void>} never rejected
   */
  async exercise() {
    const exercised = this.#exercised;
    this.#exercised = undefined;
    if (!exercised) return;
    const isWanted = () => this.state === "ready";
    const makePage = () => this.#breakdown.unless(this.#python.exercise());
    await exercise({ makePage, isWanted, quiet: () => this.quiet() }).then(
      (isDone) => isDone && exercised(),
      (error) => console.info("Python did not exercise.", error),
    );
  }

  /**
   * Take in files from the person's own disk, and save them.
   *
   * @param {import("../../shared/protocol.js").FileToAdd[]} files
   * @param {import("./additions.js").AddWatch} watch
   * @returns {Promise<import("../../shared/protocol.js").AddResult>}
   * @throws {LiteError}
   */
  add(files, { by, onProgress, isCancelled }) {
    const additions = /** @type {Additions} */ (this.#additions);
    this.isChanged = true;
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
   * @param {import("../../shared/link-options.js").ImportOptions} options
   * @returns {Promise<import("../../shared/protocol.js").Preview>}
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
   * @param {(progress: import("../../shared/protocol.js").InstallProgress) => void} onProgress
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
    return this.#uses.during(this.#breakdown.unless(work));
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
}

/** @param {Promise<unknown>} end */
function briefly(end) {
  return Promise.race([end, new Promise((resolve) => setTimeout(resolve, CLOSING_TIME))]);
}
