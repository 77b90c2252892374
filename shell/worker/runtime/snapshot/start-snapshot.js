/**
 * Decides whether a start begins from a snapshot of Python's memory, and whether it leaves one for the
 * next start.
 *
 * Nothing depends on a snapshot: errors are logged to the console, and the start goes on without it.
 * docs/fast-boot.md describes the whole; format.js, python-memory.js and store.js each do one part of it.
 */

import {
  confirmImage,
  failImage,
  findImage,
  imageKey,
  isWanted,
  keepImage,
  noteExercise,
  noteNeedOfRest,
} from "./store.js";
import { takeImage } from "./python-memory.js";

/** @typedef {import("../../../shared/saved-store.js").Store} Store */
/** @typedef {import("./python-memory.js").Image} Image */

/** @type {Array<() => Promise<void>>} keeps what starts have left, once there is time */
const waiting = [];

/**
 * Keep the images that starts have left, when the pages that were waited for are there.
 *
 * @returns {Promise<void>} never rejected
 */
export async function keepImages() {
  for (const keep of waiting.splice(0)) {
    await keep().catch((error) => console.info("No image of Python is kept.", error));
  }
}

/** What one start has to do with images. */
export class StartImage {
  /** @type {Promise<Image> | undefined} what it begins from; rejected where it is damaged */
  image;
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
   * @returns {Promise<StartImage>}
   */
  static async find(store, packages, mayUse) {
    try {
      if (!store) return new StartImage();
      const key = await imageKey(packages);
      const found = mayUse ? await findImage(store, key) : { isWanted: await isWanted(store, key) };
      return new StartImage(store, key, found);
    } catch (error) {
      console.info("No image of Python can be used.", error);
      return new StartImage();
    }
  }

  /**
   * @param {Store} [store]
   * @param {string} [key]
   * @param {Awaited<ReturnType<typeof findImage>>} [found]
   */
  constructor(store, key = "", found = { isWanted: false }) {
    const { image, isWanted, isToExercise = false, needsRest = false } = found;
    this.#store = store;
    this.#key = key;
    this.image = image;
    this.isUsed = image !== undefined;
    this.isToExercise = isToExercise;
    this.needsRest = needsRest;
    this.#isWanted = isWanted;
  }

  /**
   * Leave an image for the next start, if it needs one. Called when everything is imported and
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
      const reason = bootstrap.reason_against_image();
      if (reason !== "") throw new Error(reason);
      const image = takeImage(pyodide);
      waiting.push(() => keepImage(store, this.#key, image, needsRest));
    } catch (error) {
      console.info("No image of Python is taken.", error);
    }
  }

  /** Note that the image, if one was used, has done no harm. */
  confirm() {
    this.image = undefined; // it is large
    this.#note(confirmImage);
  }

  /** Note that it has done none, but that this start cannot do without the rest of Python. */
  lacksRest() {
    this.image = undefined;
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
    console.info("Python could not start from its image and starts without it.", error);
    this.#note(failImage);
  }

  /** @param {(store: Store, key: string) => Promise<void>} change */
  #note(change) {
    if (!this.#store || !this.isUsed) return;
    change(this.#store, this.#key).catch((error) => console.info("An image is left over.", error));
  }
}
