/**
 * Runs one instance, from its start until it is closed, and answers its requests.
 *
 * Decides what may happen when. start.js starts it, respond.js answers requests, Python reads the
 * sources and persistence.js saves what it does.
 */

import { Additions } from "./additions.js";
import { Breakdown } from "../runtime/crash-monitor.js";
import { valueOf } from "../runtime/python-result.js";
import { exercise } from "../runtime/warm-up.js";
import { InUse, within } from "./in-use.js";
import { quiet } from "./quiet.js";
import { BootProgress } from "../boot/boot-progress.js";
import { PageLoads } from "./page-loads.js";
import { Persistence } from "./persistence.js";
import { respond } from "./respond.js";
import { Sockets } from "./sockets.js";
import { start } from "../boot/start.js";
import { StaticAnswers } from "../bridge/static-responses.js";
import { ConsentNeeded } from "../trust/consent.js";
import { LiteError } from "../../shared/errors.js";
import { DATABASES } from "../../shared/saved-store.js";

/** @typedef {import("../../shared/protocol.js").RunningStatus} Status */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("../boot/packages.js").Packages} Packages */
/** @typedef {import("../boot/start.js").Carried} Carried */
/** @typedef {import("../storage/block-file-system.js").WatchedFiles} WatchedFiles */

/** ms to wait for the application's own shutdown when the instance is closed. */
const CLOSING_TIME = 5000;

/**
 * ms to keep the worker running for what an application does after its answer. Browsers end a worker that
 * is busy with one event for five minutes.
 */
const FINISHING_TIME = 4 * 60_000;

export class Instance {
  /** @type {"new" | "booting" | "ready" | "failed" | "stopped"} stopped: must not be used any more */
  state = "new";
  reports = new BootProgress();
  pageLoads = new PageLoads(this.reports);
  /** When something was last requested or answered, in ms as performance.now() counts. */
  lastUsed = 0;
  /** Whether a person may have changed anything since it started. The saved record says the rest. */
  isChanged = false;
  #key;
  #siteRoot;
  /** @type {import("../../shared/protocol.js").Consent | undefined} what a person has to decide first */
  consent;
  #decisions;
  #guard;
  #fromSources;
  #isNew;
  #carried;
  #before;
  #uses = new InUse();
  /** @type {WatchedFiles | undefined} */
  #files;
  #isMakingWhole = false;
  #persistence;
  #staticAnswers = new StaticAnswers();
  /** @type {Promise<void> | undefined} */
  #booted;
  /** @type {import("../../shared/errors.js").WireError[]} problems of sources that could not be opened */
  #problems = [];
  /** @type {import("../../shared/protocol.js").Note[]} notes on sources that this start opened */
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
  /** Stops showing other workers that this instance is open. */
  #disown = () => {};
  #endPython = () => {};
  /** @type {any} BrowserInstance of bootstrap.py, as a PyProxy */
  #python;
  /** @type {any} its methods, kept because each look-up would make another proxy */
  #handle;
  /** @type {any} */
  #connect;
  #sockets;
  #breakdown = new Breakdown();
  /** @type {(() => void) | undefined} call this once it has exercised; undefined if it must not */
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
   * @param {Carried} [options.carried]  unsaved work of the instance before this one
   * @param {boolean} options.fromSources  load the sources and replace what is saved
   * @param {boolean} options.isNew  whether an instance for the person's own files may start without them
   * @param {Promise<unknown>} [options.before]  settled when other work on this instance is over, such as
   *   closing the one before
   */
  constructor(key, siteRoot, options) {
    const { openStore, decisions, guard, onChange, carried, fromSources, isNew, before } = options;
    this.#key = key;
    this.#siteRoot = siteRoot;
    const onRefused = () => void this.close();
    this.#persistence = new Persistence({ openStore, onChange, onRefused });
    this.#sockets = new Sockets(
      async (head, socket) =>
        this.#uses.called(this.#breakdown.unless(this.#connect(head, socket))),
      (by) => this.#persistence.settled(by),
    );
    this.#decisions = decisions;
    this.#guard = guard;
    this.#carried = carried;
    this.isChanged = carried !== undefined;
    this.#fromSources = fromSources;
    this.#isNew = isNew;
    this.#before = before;
  }

  /**
   * Start, unless that has already happened.
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
   * @param {import("./persistence.js").Arrival} arrival
   * @returns {Promise<Response>}
   * @throws {LiteError} there is no response, or it must not leave
   */
  async handle(request, arrival) {
    this.lastUsed = performance.now();
    // The record of a saved instance says whether its databases were changed.
    if (!this.#persistence.isOn && !["GET", "HEAD"].includes(request.method)) this.isChanged = true;
    const response = respond(request, arrival, {
      handle: (...asgi) => {
        const call = this.#uses.called(this.#breakdown.unless(this.#handle(...asgi)));
        arrival.waitUntil?.(this.#finished(call));
        return call;
      },
      staticAnswers: this.#staticAnswers,
      persistence: this.#persistence,
      guard: this.#guard,
      onStream: (stream) => this.#uses.add(stream),
    });
    try {
      return await this.#uses.during(response);
    } finally {
      this.lastUsed = performance.now();
    }
  }

  /** @returns {Omit<Status, "state" | "newer" | "refused" | "evicted">} */
  get saving() {
    const problems = [...this.#problems, ...(this.#packages?.problems ?? [])];
    return { ...this.#persistence.status, problems, notes: this.#notes };
  }

  /**
   * @returns {Promise<string>} path of the page to show when a link names none: that of the table, if only
   *   one is open
   */
  async firstPage() {
    try {
      return valueOf(await this.#inUse(this.#python.only_table()));
    } catch {
      return ""; // the home page says more
    }
  }

  /** @returns {Packages} of an instance that has started */
  get packages() {
    return /** @type {Packages} */ (this.#packages);
  }

  /** @returns {boolean} whether closing this would lose anything */
  get isUnsaved() {
    return this.#carried !== undefined || (this.state === "ready" && !this.#persistence.isOn);
  }

  /** @returns {Carried | undefined} what closing this would lose; undefined if it is saved */
  get unsaved() {
    if (!this.isUnsaved) return undefined;
    // Work carried over is still here until the start has taken it.
    return (
      this.#carried ?? {
        files: /** @type {WatchedFiles} */ (this.#files).copyAll(),
        problems: this.#problems,
      }
    );
  }

  /** @returns {boolean} whether it is starting in order to replace what is saved */
  get isReplacing() {
    return this.#fromSources && this.state === "booting";
  }

  /** @returns {boolean} whether it waits for a decision before it replaces what is saved */
  get waitsToReplace() {
    return this.#fromSources && this.consent !== undefined;
  }

  /** @returns {boolean} */
  get isAbandoned() {
    return this.#abandoning.signal.aborted;
  }

  /** End a start at once, so that it saves nothing. Close the instance afterwards. */
  abandon() {
    this.#abandoning.abort(new LiteError("This start was ended in favour of another one."));
  }

  /** @returns {boolean} whether something is being answered, downloads included */
  get isBusy() {
    return this.#uses.isBusy;
  }

  /**
   * Shut down. The instance cannot be used afterwards.
   *
   * @returns {Promise<void>} settled when every save requested so far is done
   */
  close() {
    this.state = "stopped";
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown() {
    await this.#booted?.catch(() => {});
    this.#sockets.restart();
    await this.#uses.end();
    // A broken-down Python settles nothing more, and the next instance waits for this.
    if (this.#python && !this.#breakdown.error) {
      await briefly(this.#breakdown.unless(this.#python.close()).catch(() => {}));
    }
    await this.#persistence.end();
    this.#disown();
    if (!this.#breakdown.error) {
      this.#handle?.destroy();
      this.#connect?.destroy();
      this.#python?.destroy();
      this.#packages?.destroy();
    }
    this.#python = this.#handle = this.#connect = undefined;
    this.#endPython();
  }

  async #run() {
    this.state = "booting";
    try {
      await this.reports.during(async () => {
        await this.#before?.catch(() => {});
        await this.#start();
      });
      this.lastUsed = performance.now(); // the page that waited for it makes its requests now
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
      openStore: () => this.#persistence.openStore(),
      reopenStore: (closed) => this.#persistence.reopenStore(closed),
      decisions: this.#decisions,
      carried: this.#carried,
      fromSources: this.#fromSources,
      isNew: this.#isNew,
      signal: this.#abandoning.signal,
      guard: {
        during: (what, work) => this.#guard.during(what, work, this.#abandoning.signal),
      },
      onWrite: () => this.#persistence.soon(),
      reports: this.reports,
      pageLoads: this.pageLoads,
    });
    const { files, python, intake, packages, breakdown, problems, exercised, saving } = started;
    this.#disown = started.disown;
    this.#endPython = started.endPython;
    this.#breakdown = breakdown;
    breakdown.onBreakdown = () => {
      this.state = "failed";
      this.#guard.failed(breakdown.error);
    };
    this.#files = files;
    this.#carried = undefined;
    this.#python = python;
    this.#handle = python.handle;
    this.#connect = python.connect;
    this.#intake = intake;
    this.#packages = packages;
    this.#problems = problems;
    this.#notes = started.notes;
    this.#exercised = exercised;
    this.#additions = new Additions(intake, this.#persistence.andSave, this.#guard);
    if (saving) await this.#persistence.begin(files, saving);
  }

  /** @returns {Promise<void>} settled when everything that a boot leads to has been requested and saved */
  async settled() {
    await this.#persistence.firstSave;
    await this.quiet();
  }

  /**
   * @param {Promise<void>} call  of the application, which may go on after its answer
   * @returns {Promise<void>} settled when it is over and what it wrote is saved, or when the browser would
   *   not wait any longer. Never rejected
   */
  async #finished(call) {
    if (await within(call, FINISHING_TIME)) await this.#persistence.flush();
  }

  /**
   * Connect a page's WebSocket; see Sockets.connect().
   *
   * @type {Sockets["connect"]}
   */
  connect(...page) {
    this.lastUsed = performance.now();
    if (!this.#persistence.isOn) this.isChanged = true;
    return this.#sockets.connect(...page);
  }

  /** @returns {Promise<boolean>} see quiet.js */
  quiet() {
    return quiet(() => (this.#uses.isAwaited ? 0 : performance.now() - this.lastUsed));
  }

  /**
   * Exercise, if that has not been done yet. Call this after a page was answered.
   *
   * @returns {Promise<void>} never rejected
   */
  async exercise() {
    const exercised = this.#exercised;
    this.#exercised = undefined;
    void this.#makeWhole();
    if (!exercised) return;
    const isWanted = () => this.state === "ready";
    const makePage = () => this.#breakdown.unless(this.#python.exercise());
    await exercise({ makePage, isWanted, quiet: () => this.quiet() }).then(
      (isDone) => isDone && exercised(),
      (error) => console.info("Python did not exercise.", error),
    );
  }

  /** Bring databases into memory that fit, so that their pages need no further loads. */
  async #makeWhole() {
    const files = this.#files;
    if (!files?.pager.isUsed || this.#isMakingWhole) return;
    this.#isMakingWhole = true;
    await this.quiet();
    await files
      .makeWholeWhatFits(() => this.state === "ready")
      .catch((error) => console.warn("A database could not be read.", error));
    this.#isMakingWhole = false;
  }

  /**
   * Import files from the person's own disk, and save them.
   *
   * @param {import("../../shared/protocol.js").FileToAdd[]} files
   * @param {import("./additions.js").AddWatch} watch
   * @returns {Promise<import("../../shared/protocol.js").AddResult>}
   * @throws {LiteError}
   */
  add(files, { by, title, onProgress, isCancelled }) {
    const additions = /** @type {Additions} */ (this.#additions);
    this.isChanged = true;
    if (title) this.#persistence.name(title);
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
    const intake = /** @type {Intake} */ (this.#intake);
    const look = () => this.#inUse(intake.preview(file, options));
    return this.#guard.during(`Looking at ${file.name}`, look);
  }

  /**
   * Fetch a source again and, if it has newer data, replace what was made from it.
   *
   * @param {string} id
   * @param {Pick<import("../../shared/protocol.js").ReloadQuestion, "revert" | "file">} how
   * @param {string} by  id of the client that asks
   * @returns {Promise<{path: string, url?: string}>} url: what was fetched, if anything; a file's name
   * @throws {LiteError}
   */
  async reload(id, { revert, file }, by) {
    const additions = /** @type {Additions} */ (this.#additions);
    if (file) return this.#inUse(additions.takeAgain(this.#python, { id, file, by }));
    const work = additions.reload(this.#python, { id, revert, by }, this.#siteRoot, (version) => {
      this.#persistence.noteSource(version);
      this.#problems = this.#problems.filter(({ source }) => source !== version.url);
    });
    return this.#inUse(work);
  }

  /**
   * Download the rest of a database that is read from its host block by block.
   *
   * @param {string} database  its name
   * @param {object} watch
   * @param {(progress: import("../../shared/protocol.js").CopyProgress) => void} watch.onProgress
   * @param {() => boolean} watch.isCancelled
   * @returns {Promise<void>} settled when a copy of it is saved
   * @throws {LiteError} named "Cancelled" if `watch` says so
   */
  keepCopy(database, { onProgress, isCancelled }) {
    const copying = this.#persistence.keepCopy(`${DATABASES}${database}.db`, {
      onProgress: (done, total) => {
        this.lastUsed = performance.now();
        onProgress({ done, total });
      },
      check: () => {
        if (isCancelled() || this.state !== "ready") throw downloadCancelled();
      },
    });
    return this.#inUse(copying);
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
    return this.#inUse(this.#persistence.andSave("", install));
  }

  /**
   * Remove a plugin, for the next start.
   *
   * @param {string} name
   * @returns {Promise<ReturnType<Packages["uninstall"]>>}
   */
  uninstall(name) {
    const uninstall = async () => this.packages.uninstall(name);
    return this.#inUse(this.#persistence.andSave("", uninstall));
  }

  /**
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>} the instance is not closed during the work, if closing can wait
   */
  async #inUse(work) {
    this.lastUsed = performance.now();
    return this.#uses.during(this.#breakdown.unless(work));
  }
}

/** @returns {LiteError} */
function downloadCancelled() {
  return new LiteError("The download was cancelled.", { name: "Cancelled" });
}

/** @param {Promise<unknown>} end */
function briefly(end) {
  return Promise.race([end, new Promise((resolve) => setTimeout(resolve, CLOSING_TIME))]);
}
