/**
 * The sentences shown when something could not be saved.
 */

import { LiteError } from "../../shared/errors.js";

/** Names of these errors. */
export const NO_ROOM = "NoRoomError";
export const NOT_SAVED = "NotSavedError";
export const GONE = "GoneError";

/** @returns {LiteError} */
export function gone() {
  return new LiteError("This data was deleted or replaced in the meantime.", {
    hint: "Load the page again to open it as it is now.",
    name: GONE,
  });
}

/** The messages: for when there is no room, and the beginning of the one that ends in another cause. */
const REFUSALS = {
  change: {
    noRoom: "There is no room left to save this change, so it was not made.",
    other: "This change was not made",
  },
  first: {
    noRoom: "There is no room left to save this data, so changes to it will soon be lost.",
    other: "This data is not saved, so changes to it will soon be lost",
  },
  local: {
    noRoom: "There is no room left for a copy of this database, so none was made.",
    other: "No copy of this database was made",
  },
  copy: {
    noRoom: "There is no room left for this data, so it was not imported.",
    other: "This data was not imported",
  },
};

const NO_ROOM_HINT =
  "Delete data that you no longer need on the page “Saved data”, or free space on the disk; then try " +
  "again. Everything saved before is unharmed.";

/** Why, by the names that browsers give errors of their storage, and what to do about it. */
const CAUSES = /** @type {Record<string, [why: string, hint: string]>} */ ({
  AbortError: [
    "the browser closed this site’s storage, as it does when site data is cleared",
    "Load the page again to see what is still saved, then try once more.",
  ],
  InvalidStateError: [
    "the browser closed this site’s storage, as it does when site data is cleared",
    "Load the page again to see what is still saved, then try once more.",
  ],
  VersionError: [
    "a newer version of this site has been opened in this browser",
    "Close all tabs of this site and open it again.",
  ],
  NotReadableError: [
    "a file could not be read to its end",
    "It may have been changed, moved or unplugged. Choose it again.",
  ],
  NotFoundError: [
    "a file, or this site’s storage, is no longer there",
    "Load the page again and try once more.",
  ],
  UnknownError: [
    "the browser could not write to the disk",
    "The disk may be full or failing. Free some space, then load the page again and try once more.",
  ],
});

/** @typedef {keyof typeof REFUSALS} Refused */

/**
 * @param {unknown} error
 * @param {Refused} [what]
 * @returns {LiteError} which names the cause
 */
export function notSaved(error, what = "change") {
  if (error instanceof LiteError) return error;
  const refusal = REFUSALS[what];
  if (isForWantOfRoom(error)) {
    return new LiteError(refusal.noRoom, { hint: NO_ROOM_HINT, name: NO_ROOM, cause: error });
  }
  const { name = "Error" } = /** @type {{name?: string}} */ (error ?? {});
  const [why, hint] = CAUSES[name] ?? [
    `the browser’s storage failed (${name})`,
    "Load the page again and try once more.",
  ];
  return new LiteError(`${refusal.other}: ${why}.`, {
    hint: `${hint} Everything saved before is unharmed.`,
    traceback: String(error),
    cause: error,
    name: NOT_SAVED,
  });
}

/** @param {unknown} error */
export function isForWantOfRoom(error) {
  return error instanceof Error && error.name === "QuotaExceededError";
}
