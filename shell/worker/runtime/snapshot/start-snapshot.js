/**
 * Decides whether a start begins from a snapshot of Python's memory, and whether it leaves one for the
 * next start.
 *
 * Nothing depends on a snapshot: errors are logged to the console, and the start goes on without it.
 * docs/fast-boot.md describes the whole; format.js, python-memory.js and store.js each do one part of it.
 */

import {
  confirmSnapshot,
  failSnapshot,
  findSnapshot,
  snapshotKey,
  isWanted,
  keepSnapshot,
  noteExercise,
  noteNeedOfRest,
} from "./store.js";
import { takeSnapshot } from "./python-memory.js";

/** @typedef {import("../../../shared/saved-store.js").Store} Store */
/** @typedef {import("./python-memory.js").Snapshot} Snapshot */

/** @type {Array<() => Promise<void>>} keeps what starts have left, once there is time */
const waiting = [];

/**
 * Keep the snapshots that starts have left, when the pages that were waited for are there.
 *
 * @returns {Promise<void>} never rejected
 */
export async function keepSnapshots() {
  for (const keep of waiting.splice(0)) {
    await keep().catch((error) => console.info("No snapshot of Python is kept.", error));
  }
}

/** What one start has to do with snapshots. */
export class StartSnapshot {
  /** @type {Promise<Snapshot> | undefined} what it begins from; rejected where it is damaged */
  memory;
  /** Whether it begins from one. */
  isUsed;
  /** Whether this start is to exercise (warm-up.js). */
  isToExercise;
  /** Whether an earlier one could not do without the rest of Python. */
  needsRest;
  #store;
  #key;
  #isWanted;

  /**
   * @param {Store | undefined} store  undefined: none is used nor left
   * @param {string} packages  their identity
   * @param {boolean} mayUse  whether to begin from one
   * @returns {Promise<StartSnapshot>}
   */
  static async find(store, packages, mayUse) {
    try {
      if (!store) return new StartSnapshot();
      const key = await snapshotKey(packages);
      const found = mayUse
        ? await findSnapshot(store, key)
        : { isWanted: await isWanted(store, key) };
      return new StartSnapshot(store, key, found);
    } catch (error) {
      console.info("No snapshot of Python can be used.", error);
      return new StartSnapshot();
    }
  }

  /**
   * @param {Store} [store]
   * @param {string} [key]
   * @param {Awaited<ReturnType<typeof findSnapshot>>} [found]
   */
  constructor(store, key = "", found = { isWanted: false }) {
    const { snapshot, isWanted, isToExercise = false, needsRest = false } = found;
    this.#store = store;
    this.#key = key;
    this.memory = snapshot;
    this.isUsed = snapshot !== undefined;
    this.isToExercise = isToExercise;
    this.needsRest = needsRest;
    this.#isWanted = isWanted;
  }

  /**
   * Leave a snapshot for the next start, if it needs one. Called when everything is imported and
   * there is no data yet.
   *
   * @param {import("../runtime.js").Pyodide} pyodide
   * @param {any} bootstrap  bootstrap.py
   * @param {boolean} needsRest  whether this start could not do without the rest of Python
   */
  leave(pyodide, bootstrap, needsRest) {
    const store = this.#store;
    if (!store || !this.#isWanted) return;
    try {
      /** @type {string} */
      const reason = bootstrap.reason_against_snapshot();
      if (reason !== "") throw new Error(reason);
      const snapshot = takeSnapshot(pyodide);
      waiting.push(() => keepSnapshot(store, this.#key, snapshot, needsRest));
    } catch (error) {
      console.info("No snapshot of Python is taken.", error);
    }
  }

  /** Note that the snapshot, if one was used, has done no harm. */
  confirm() {
    this.memory = undefined; // it is large
    this.#note(confirmSnapshot);
  }

  /** Note that it has done none, but that this start cannot do without the rest of Python. */
  lacksRest() {
    this.memory = undefined;
    this.#note(noteNeedOfRest);
  }

  /** Note that this start has done its exercise. */
  exercised() {
    this.#note(noteExercise);
  }

  /**
   * Note that it has not: it is not used again.
   *
   * @param {unknown} error
   */
  fail(error) {
    console.info("Python could not start from its snapshot and starts without it.", error);
    this.#note(failSnapshot);
  }

  /** @param {(store: Store, key: string) => Promise<void>} change */
  #note(change) {
    if (!this.#store || !this.isUsed) return;
    change(this.#store, this.#key).catch((error) =>
      console.info("A snapshot is left over.", error),
    );
  }
}
