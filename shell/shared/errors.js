/**
 * The class of errors that are shown to people, and its form on the wire between worker and page.
 *
 * It says what failed and what to do about it.
 */

/**
 * An error as it crosses postMessage: Error objects lose their own fields there.
 *
 * @typedef {object} WireError
 * @property {string} name
 * @property {string} message    a sentence: what failed, with the value
 * @property {string} hint       a sentence: the likely cause and what to do; may be ""
 * @property {string} [source]   the URL or file it is about
 * @property {string} [traceback]  technical detail
 */

/**
 * Name of the error that a worker gets if its host has a newer version of the site. The new version's
 * worker is then on its way, so a page waits for that before it shows anything.
 */
export const OUTDATED = "OutdatedError";

/**
 * @param {unknown} error
 * @returns {boolean} whether it is named OUTDATED
 */
export function isOutdated(error) {
  return error instanceof LiteError && error.name === OUTDATED;
}

/** Name of the error of a page that may not use a service worker, as in frames of other sites. */
export const WORKER_BLOCKED = "WorkerBlocked";

/** Name of the error for work that was refused because it stopped the workspace before. */
export const STOPPED_BEFORE = "StoppedBefore";

/** An error written for the person who uses the site. */
export class LiteError extends Error {
  /**
   * @param {string} message
   * @param {{hint?: string, source?: string, traceback?: string, cause?: unknown, name?: string}} [more]
   */
  constructor(message, { hint = "", source, traceback, cause, name = "LiteError" } = {}) {
    super(message, { cause });
    this.name = name;
    this.hint = hint;
    this.source = source;
    this.traceback = traceback;
  }
}

/**
 * @param {unknown} error  anything that was thrown
 * @returns {WireError}
 */
export function toWire(error) {
  if (error instanceof LiteError) {
    const { name, message, hint, source, traceback } = error;
    return { name, message, hint, source, traceback };
  }
  if (error instanceof Error) {
    return {
      name: error.name,
      message: "Something went wrong that Datasette Lite did not expect.",
      hint: "Try again; if it happens every time, please report it with the details below.",
      traceback: error.stack?.includes(error.message) ? error.stack : `${error}\n${error.stack}`,
    };
  }
  return { name: "Error", message: String(error), hint: "" };
}

/**
 * @param {{message: string, hint?: string}} error
 * @returns {string} the message and the hint in one line
 */
export function inOneLine({ message, hint = "" }) {
  return `${message} ${hint}`.trim();
}

/**
 * @param {WireError} wire
 * @returns {LiteError}
 */
export function fromWire({ name, message, hint, source, traceback }) {
  return new LiteError(message, { name, hint, source, traceback });
}
