/**
 * Starts an instance, from a recipe or from what is saved, until its application answers.
 *
 * Decides how often to try, and what each attempt leaves out: the snapshot of Python's memory, or
 * packages. attempt.js is one attempt, step by step; instance.js takes over once the instance runs.
 */

import { Attempt } from "./attempt.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("../storage/block-file-system.js").WatchedFiles} WatchedFiles */

/**
 * @typedef {object} Carried  unsaved work of the instance before this one
 * @property {Map<string, import("../storage/block-file-system.js").FileContent>} files
 * @property {WireError[]} problems
 */

/**
 * Runs work unless it stopped the workspace before; see crash-guard.js.
 *
 * @typedef {object} DuringGuard
 * @property {<T>(what: string, work: () => Promise<T>) => Promise<T>} during
 */

/**
 * @typedef {object} StartOptions
 * @property {string} key
 * @property {URL} siteRoot
 * @property {() => Promise<Store | undefined>} openStore  undefined where nothing can be saved
 * @property {import("../storage/saver.js").OpenStore} reopenStore  for reads later on; throws where it cannot
 *   be opened any more
 * @property {import("../trust/decisions.js").Decisions} decisions
 * @property {Carried} [carried]
 * @property {boolean} fromSources  load the sources and replace what is saved
 * @property {AbortSignal} signal  ends the start
 * @property {boolean} isNew  whether an instance for the person's own files may start without them
 * @property {DuringGuard} guard
 * @property {() => void} onWrite  called when a file of the instance was written to
 * @property {import("./boot-progress.js").BootProgress} reports
 * @property {{letGo: () => Promise<void>}} pageLoads  those that wait for the start
 */

/**
 * @typedef {object} Started
 * @property {WatchedFiles} files
 * @property {any} python  BrowserInstance of bootstrap.py, as a PyProxy
 * @property {Intake} intake
 * @property {import("./packages.js").Packages} packages
 * @property {import("../runtime/crash-monitor.js").Breakdown} breakdown  of this Python
 * @property {WireError[]} problems  of the sources that could not be opened
 * @property {import("../../shared/protocol.js").Note[]} notes  on sources that this start opened
 * @property {() => void} [exercised]  call this once it has exercised (warm-up.js); undefined where it
 *   must not
 * @property {{store: Store, record: SavedInstance, isSaved: boolean}} [saving]  where it will be saved,
 *   and whether it is already; undefined when nothing is saved
 * @property {() => void} disown  call this when it will not be saved any more
 * @property {() => void} endPython  call this when Python is not needed any more
 */

/**
 * @param {StartOptions} options
 * @returns {Promise<Started>}
 * @throws {import("../../shared/errors.js").LiteError} or whatever else stopped the start
 */
export async function start(options) {
  /** @type {import("./attempt.js").Plan} */
  let plan = { failures: [], mayUseSnapshot: true, whole: false };
  /** @type {import("./attempt.js").Suspect | undefined} the snapshot of an attempt that failed */
  let suspect;
  for (;;) {
    const attempt = new Attempt(options, plan);
    try {
      const started = await attempt.run();
      // Only now is it clear that the snapshot was to blame.
      suspect?.snapshot.fail(suspect.error);
      return started;
    } catch (error) {
      const next = await attempt.fail(error);
      suspect ??= next?.suspect;
      if (!next) {
        suspect?.snapshot.confirm();
        throw error;
      }
      ({ plan } = next);
    }
  }
}
