/**
 * Every message that passes between a page and the service worker, and nothing else.
 *
 * A page posts `open` or `ping` to the registration's active worker. The worker answers an `open`
 * with `progress` messages, at least one a second while its thread is free, and then with exactly
 * one `ready` or `failed`. `open` may be repeated at any time: it joins the boot that is running, or
 * starts one if the browser has stopped the worker meanwhile. A `ping` has no answer; its arrival is
 * what restarts the browser's idle clock.
 */

/** @typedef {import("./errors.js").WireError} WireError */

/** Version of this protocol: a page that meets another one reloads itself. */
export const PROTOCOL_VERSION = 1;

/**
 * The stages of a boot in order: id and the title people see.
 *
 * @type {ReadonlyArray<readonly [StageId, string]>}
 */
export const STAGES = [
  ["download", "Downloading Python and Datasette"],
  ["python", "Starting Python"],
  ["datasette", "Loading Datasette"],
  ["fetch", "Fetching the data"],
  ["import", "Importing the data"],
  ["open", "Opening the databases"],
];

/** @typedef {"download" | "python" | "datasette" | "fetch" | "import" | "open"} StageId */

/**
 * @typedef {object} OpenMessage   page → worker: start this instance, or join its boot
 * @property {number} v
 * @property {"open"} type
 * @property {string} key
 * @property {boolean} retry       start again even though the last boot failed
 */

/**
 * @typedef {object} PingMessage   page → worker: a page is still using the site
 * @property {number} v
 * @property {"ping"} type
 */

/**
 * @typedef {object} ProgressMessage  worker → page: where a boot stands
 * @property {number} v
 * @property {"progress"} type
 * @property {string} key
 * @property {StageId} stage
 * @property {string} label        what the stage is at, such as a file's name; may be ""
 * @property {number} [done]       in `unit`
 * @property {number} [total]      in `unit`; left out while unknown
 * @property {"bytes" | "rows"} [unit]
 * @property {number} elapsed      ms since the boot began
 */

/**
 * @typedef {object} ReadyMessage  worker → page: the instance answers requests
 * @property {number} v
 * @property {"ready"} type
 * @property {string} key
 */

/**
 * @typedef {object} FailedMessage  worker → page: the boot ended in an error
 * @property {number} v
 * @property {"failed"} type
 * @property {string} key
 * @property {WireError} error
 */

/** @typedef {OpenMessage | PingMessage} PageMessage */
/** @typedef {ProgressMessage | ReadyMessage | FailedMessage} WorkerMessage */
/** @typedef {Omit<ProgressMessage, "v" | "type" | "key">} Progress */

/**
 * @param {string} key
 * @param {{retry?: boolean}} [options]
 * @returns {OpenMessage}
 */
export function openMessage(key, { retry = false } = {}) {
  return { v: PROTOCOL_VERSION, type: "open", key, retry };
}

/** @returns {PingMessage} */
export function ping() {
  return { v: PROTOCOL_VERSION, type: "ping" };
}

/**
 * @param {string} key
 * @param {Progress} progress
 * @returns {ProgressMessage}
 */
export function progressMessage(key, progress) {
  return { v: PROTOCOL_VERSION, type: "progress", key, ...progress };
}

/**
 * @param {string} key
 * @returns {ReadyMessage}
 */
export function readyMessage(key) {
  return { v: PROTOCOL_VERSION, type: "ready", key };
}

/**
 * @param {string} key
 * @param {WireError} error
 * @returns {FailedMessage}
 */
export function failedMessage(key, error) {
  return { v: PROTOCOL_VERSION, type: "failed", key, error };
}
