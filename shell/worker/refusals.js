/**
 * What is said of what could not be saved.
 */

import { LiteError } from "../shared/errors.js";

/** @returns {LiteError} */
export function gone() {
  return new LiteError("This data was deleted or replaced in the meantime.", {
    hint: "Load the page again to open it as it is now.",
  });
}

/** What is said of what could not be saved: for want of room, or otherwise. */
const REFUSALS = {
  change: {
    noRoom: "There is no room left to save this change, so it was not made.",
    other: "This change could not be saved, so it was not made.",
  },
  first: {
    noRoom: "There is no room left to save this data, so changes to it are soon lost.",
    other: "This data could not be saved, so changes to it are soon lost.",
  },
  copy: {
    noRoom: "There is no room left for this data, so it was not taken in.",
    other: "This data could not be saved, so it was not taken in.",
  },
};

/** @typedef {keyof typeof REFUSALS} Refused */

/**
 * @param {unknown} error
 * @param {Refused} [what]
 * @returns {LiteError}
 */
export function notSaved(error, what = "change") {
  if (error instanceof LiteError) return error;
  if (isForWantOfRoom(error)) {
    return new LiteError(REFUSALS[what].noRoom, {
      hint:
        "Delete data that you no longer need on the page “Saved data”, or free space on the disk; " +
        "then try again. Everything saved before is unharmed.",
      cause: error,
    });
  }
  return new LiteError(REFUSALS[what].other, {
    hint: "Load the page again and try once more. Everything saved before is unharmed.",
    traceback: String(error),
    cause: error,
  });
}

/** @param {unknown} error */
export function isForWantOfRoom(error) {
  return error instanceof Error && error.name === "QuotaExceededError";
}
