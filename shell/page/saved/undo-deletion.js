/**
 * Offers to undo the last deletion, until the person does something else or the page closes.
 *
 * A deleted workspace has no record any more, so nothing finds it. What it consisted of is swept away by the
 * next worker that starts, unless somebody holds its lock: this page does while it offers “Undo”, and
 * remembers the record. So whatever ends the page, be it a crash, makes the deletion final.
 */

import { LiteError } from "../../shared/errors.js";
import { generationLock, holdIfFree } from "../../shared/locks.js";
import { forgetHandles, rememberHandles } from "../import/file-handles.js";
import { forgetQueries, pastQueries, rememberQuery } from "../ui/query-history.js";
import { askWorker } from "../worker/ask-worker.js";

/** @typedef {import("../../shared/protocol.js").Deleted} Deleted */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../import/file-handles.js").Kept} KeptHandle */
/** @typedef {import("../ui/query-history.js").PastQuery} PastQuery */

/** The share of the browser's room that may be in use if what is deleted is to stay for a while. */
const FULL = 0.8;

/**
 * @typedef {object} Offer
 * @property {Deleted[]} deleted
 * @property {Map<string, PastQuery[]>} queries  that were run in them, by key
 * @property {Promise<KeptHandle[]>} handles  of files that were opened in them
 * @property {() => void} release  its locks
 */

export class UndoDeletion {
  #button;
  /** @type {Offer | undefined} */
  #offer;

  /**
   * @param {HTMLElement} button  shown while a deletion can be undone
   * @param {() => void} onUndo   called when it is pressed
   */
  constructor(button, onUndo) {
    this.#button = button;
    button.addEventListener("click", onUndo);
    // The browser may keep the page for the back button, and would not release the locks then.
    addEventListener("pagehide", () => this.end());
  }

  /**
   * Delete workspaces, and offer to undo that if all of them can be brought back.
   *
   * @param {SavedInstance[]} instances
   * @returns {Promise<void>} settled when they are deleted
   * @throws {import("../../shared/errors.js").LiteError}
   */
  async delete(instances) {
    const keys = instances.map(({ key }) => key);
    const { spared, release } = await spare(instances);
    try {
      /** @type {Deleted[]} */
      const deleted = await askWorker({ type: "forget", keys, spared });
      const queries = new Map(keys.map((key) => [key, pastQueries(key)]));
      keys.forEach(forgetQueries);
      const handles = forgetHandles(keys);
      if (deleted.length < keys.length) return release();
      this.#offer = { deleted, queries, handles, release };
      this.#button.hidden = false;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** @returns {Offer | undefined} for undo(); it is not offered any more */
  take() {
    const offer = this.#offer;
    this.#offer = undefined;
    this.#button.hidden = true;
    return offer;
  }

  /** Offer it no longer: the deletion is final. */
  end() {
    const offer = this.take();
    if (!offer) return;
    offer.release();
    // If the page is gone before, the next worker to start does it.
    askWorker({ type: "sweep" }).catch(() => {});
  }
}

/**
 * @param {Offer} offer
 * @returns {Promise<SavedInstance[]>} what is back
 * @throws {LiteError} nothing is
 */
export async function undo({ deleted, queries, handles, release }) {
  try {
    /** @type {string[]} */
    const back = await askWorker({ type: "bring-back", deleted });
    for (const key of back) {
      for (const query of queries.get(key)?.reverse() ?? []) rememberQuery(key, query);
    }
    await rememberHandles((await handles).filter(({ workspace }) => back.includes(workspace)));
    if (back.length > 0) return deleted.map(({ record }) => record).filter(isAmong(back));
  } finally {
    release();
  }
  throw new LiteError("The deletion could not be undone.", {
    hint: "The same data was opened again meanwhile, or the browser has removed what was deleted.",
  });
}

/** @param {string[]} keys */
function isAmong(keys) {
  return (/** @type {SavedInstance} */ { key }) => keys.includes(key);
}

/**
 * Keep what workspaces consist of when their records are deleted.
 *
 * @param {SavedInstance[]} instances
 * @returns {Promise<{spared: Record<string, string>, release: () => void}>} generations by key; nothing if room is
 *   short
 */
async function spare(instances) {
  const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {};
  if (usage > FULL * quota) return { spared: {}, release: () => {} };
  const held = await Promise.all(
    instances.map(async ({ key, generation }) => {
      const release = await holdIfFree(generationLock(generation));
      return { key, generation, release };
    }),
  );
  return {
    spared: Object.fromEntries(
      held.filter(({ release }) => release).map(({ key, generation }) => [key, generation]),
    ),
    release: () => held.forEach(({ release }) => release?.()),
  };
}
