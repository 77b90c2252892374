/**
 * Saves what a running instance does: before the response to a request leaves, after an addition, and what
 * its start has written.
 *
 * Saves nothing where the link says so or the browser has no room; requests are then answered all the same.
 * saver.js knows how to save, instance.js what to do when something could not be saved.
 */

import { Saver } from "../storage/saver.js";
import { fingerprintOf, Replies, replyTo } from "../storage/saved-replies.js";
import { isOutdated, LiteError, toWire } from "../../shared/errors.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedReply} SavedReply */
/** @typedef {import("../storage/saver.js").OpenStore} OpenStore */

/**
 * A request as the service worker got it.
 *
 * @typedef {object} Arrival
 * @property {string} clientId
 * @property {number} arrivedAt  in ms since 1970
 * @property {Promise<void>} [handled]  settled when the browser has the response, or never will
 * @property {(work: Promise<void>) => void} [waitUntil]  keeps the worker running until some work is done
 */

/**
 * What a request may have written.
 *
 * @typedef {object} RequestWrites
 * @property {SavedReply} [reply]  the response that an earlier run of the worker gave to this very
 *   request, which must not take effect again
 * @property {(whole?: import("../bridge/bridge.js").Whole) => Promise<void>} settle  settled when all of it
 *   is saved, together with the response if that is whole; rejected if the response must not leave
 * @property {() => void} end  the request is over, whether it was settled or not
 */

/** @type {RequestWrites} */
const NOT_SAVED = { settle: async () => {}, end: () => {} };

export class Persistence {
  #openStore;
  #onChange;
  #onRefused;
  /** @type {Saver | undefined} undefined when nothing is saved */
  #saver;
  #replies = new Replies();
  /** @type {unknown} why nothing is saved, unless that was requested */
  #unsaved;
  /** Settled when the first save is over, whatever its outcome. */
  firstSave = Promise.resolve();

  /**
   * @param {object} options
   * @param {OpenStore} options.openStore
   * @param {(by: string) => void} options.onChange  called when the databases were written to and that is
   *   saved, with the id of the client that asked for it
   * @param {() => void} options.onRefused  called when a change could not be saved: the instance must
   *   not be used any more, since its pages would show the refused change
   */
  constructor({ openStore, onChange, onRefused }) {
    this.#openStore = openStore;
    this.#onChange = onChange;
    this.#onRefused = onRefused;
  }

  /** @returns {boolean} whether the instance is saved */
  get isOn() {
    return this.#saver !== undefined;
  }

  /** @returns {Pick<import("../../shared/protocol.js").RunningStatus, "saving" | "reason" | "edited" | "isImported">} */
  get status() {
    if (this.#saver) {
      const { edited, origin } = this.#saver.record;
      return { saving: "saved", edited, isImported: origin === "import" };
    }
    const fresh = { edited: false, isImported: false };
    if (this.#unsaved === undefined) return { saving: "temporary", ...fresh };
    return { saving: "unsaved", reason: toWire(this.#unsaved), ...fresh };
  }

  /**
   * Open the store for a start, which goes ahead without saving where there is none.
   *
   * @returns {Promise<Store | undefined>} undefined where the browser offers none
   * @throws {LiteError} without the saved data, the page would show other data than the person left here
   */
  async openStore() {
    this.#unsaved = undefined; // an earlier attempt of the start may have failed to open it
    try {
      return await this.#openStore();
    } catch (error) {
      if (isOutdated(error)) throw error;
      this.#unsaved = error;
      return undefined;
    }
  }

  /**
   * Open the store for an instance that has begun to use it. A failure says nothing about later saves.
   *
   * @type {OpenStore}
   */
  async reopenStore(closed) {
    try {
      return await this.#openStore(closed);
    } catch (error) {
      throw isOutdated(error) ? error : noLongerOpens(error);
    }
  }

  /** @param {string} title  for the workspace, unless it has a name */
  name(title) {
    this.#saver?.name(title);
  }

  /**
   * Begin to save an instance that has just started.
   *
   * @param {import("../storage/block-file-system.js").WatchedFiles} files
   * @param {NonNullable<import("../boot/start.js").Started["saving"]>} saving
   */
  async begin(files, { store, record, isSaved }) {
    if (isSaved) this.#replies = await Replies.of(store, record.generation);
    const onSaved = (/** @type {Promise<boolean>} */ saved) =>
      this.#saved(saved, "").catch((error) => console.warn("Changes could not be saved.", error));
    const saver = new Saver(this.#openStore, files, record, onSaved, this.#replies);
    this.#saver = saver;
    this.firstSave = isSaved
      ? saver.saveStart()
      : saver.begin().catch((error) => {
          console.warn("Nothing is saved.", error);
          this.#unsaved = error;
          this.#saver = undefined;
        });
  }

  /**
   * @param {Request} request  that begins
   * @param {Arrival} arrival
   * @returns {Promise<RequestWrites>}
   */
  async beginRequest(request, { clientId, arrivedAt, handled }) {
    const saver = this.#saver;
    if (!saver) return NOT_SAVED;
    /** @param {string} id  of a reply that is on its way */
    const forget = (id) => void handled?.then(() => saver.delivered(id)).catch(() => {});
    const fingerprint = await fingerprintOf(request);
    const earlier = fingerprint ? this.#replies.find(fingerprint, arrivedAt) : undefined;
    if (earlier) {
      forget(earlier.id);
      return { ...NOT_SAVED, reply: earlier.reply };
    }
    const inProgress = await saver.beginRequest({
      mayComeAgain: fingerprint !== "",
      onlyReads: ["GET", "HEAD"].includes(request.method),
    });
    return {
      settle: async (whole) => {
        const reply = fingerprint && whole ? replyTo(fingerprint, whole) : undefined;
        await this.#saved(inProgress.settle(reply), clientId);
        if (reply) forget(inProgress.id);
      },
      end: () => inProgress.end(),
    };
  }

  /**
   * Wait until everything written so far is saved.
   *
   * @param {string} by  id of the client for which the application works
   * @returns {Promise<void>}
   * @throws {LiteError}
   */
  async settled(by) {
    if (this.#saver) await this.#saved(this.#saver.settled(), by);
  }

  /**
   * @param {string} path  of a file that is on a host
   * @param {import("../storage/local-copy.js").CopyWatch} watch
   * @returns {Promise<void>} settled when the workspace has a copy of it
   * @throws {LiteError}
   */
  async keepCopy(path, watch) {
    await this.firstSave;
    if (!this.#saver) {
      throw new LiteError("A copy cannot be kept, because nothing of this workspace is saved.", {
        hint: "Open its link without temporary=1, in a window that is not private.",
      });
    }
    await this.#saver.keepCopy(path, watch);
  }

  /** @type {import("./additions.js").AndSave} */
  andSave = async (by, work, onSave = () => {}) => {
    const saver = this.#saver;
    const inProgress = await saver?.beginRequest({ adds: true });
    try {
      const result = await work();
      onSave(0, 0);
      if (saver) saver.onProgress = onSave;
      if (inProgress) await this.#saved(inProgress.settle(), by);
      return result;
    } finally {
      if (saver) saver.onProgress = () => {};
      inProgress?.end();
    }
  };

  /**
   * @param {Promise<boolean>} saved  whether the databases were written to
   * @param {string} by  id of the client that asked for it
   * @throws {LiteError} it could not be saved
   */
  async #saved(saved, by) {
    let isChange;
    try {
      isChange = await saved;
    } catch (error) {
      await this.firstSave;
      if (this.#unsaved !== undefined) return; // as the page shows
      this.#onRefused();
      throw error;
    }
    if (isChange) this.#onChange(by);
  }

  /** Something was written: see that it is saved, even if no request waits for that. */
  soon() {
    this.#saver?.soon();
  }

  /**
   * Save now what no request waits for.
   *
   * @returns {Promise<void>} never rejected
   */
  async flush() {
    await this.#saver?.flush();
  }

  /** @param {import("../../shared/saved-store.js").SavedSource} version  as in Saver.noteSource() */
  noteSource(version) {
    this.#saver?.noteSource(version);
  }

  /** @returns {Promise<void>} settled when every save requested so far is done; nothing is saved any more */
  async end() {
    await this.#saver?.stop();
  }
}

/**
 * @param {unknown} cause
 * @returns {LiteError}
 */
function noLongerOpens(cause) {
  return new LiteError(
    "The browser no longer opens this site’s storage, so saved data could not be read.",
    {
      hint: "The disk may be full or busy. Load the page again; if that does not help, restart the browser.",
      traceback: String(cause),
      cause,
    },
  );
}
