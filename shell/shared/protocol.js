/**
 * Every message that passes between a page and the service worker, and nothing else.
 *
 * Three kinds: a boot's, the questions, and what pages are told unasked.
 *
 * A page posts `open` or `ping` to the registration's active worker. The worker answers an `open`
 * with `progress` messages, at least one a second while its thread is free, and then with exactly
 * one `ready` or `failed`. `open` may be repeated at any time: it joins the boot that is running, or
 * starts one if the browser has stopped the worker meanwhile. A `ping` has no answer; its arrival is
 * what restarts the browser's idle clock.
 *
 * Questions (`status`, `check`, `forget`, `restore`, `add`) come with a MessagePort, on which exactly one
 * answer is sent: {value} or {error}. Until then {working} comes at least every few seconds while the
 * worker's thread is free. All but `add` may be asked again when neither comes.
 *
 * `changed` and `deleted` go to all pages of the site but the one that did it: what they have in view
 * is no longer so.
 */

/** @typedef {import("./errors.js").WireError} WireError */

/** Version of this protocol: a page that meets another one reloads itself. */
export const PROTOCOL_VERSION = 2;

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
  ["restore", "Getting your saved data"],
  ["open", "Opening the databases"],
];

/** @typedef {"download" | "python" | "datasette" | "fetch" | "import" | "restore" | "open"} StageId */

/**
 * @typedef {object} OpenMessage   page → worker: start this instance, or join its boot
 * @property {number} v
 * @property {"open"} type
 * @property {string} key
 * @property {boolean} retry       start again even though the last boot failed
 * @property {boolean} fresh       load the sources again, replacing what is saved once that has worked
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

/**
 * @typedef {object} StatusQuestion  page → worker: is what happens here saved? Starts nothing
 * @property {number} v
 * @property {"status"} type
 * @property {string} key
 */

/**
 * The answer: undefined while the instance is not running.
 *
 * @typedef {object} Status
 * @property {"saved" | "temporary" | "unsaved"} saving  temporary as the link asked; unsaved for want
 *   of room or permission
 * @property {WireError} [reason]  of "unsaved"
 * @property {boolean} edited      whether the databases differ from what their sources gave
 * @property {string[]} newer      URLs of sources with newer data, as far as the last check knows
 */

/**
 * @typedef {object} CheckQuestion  page → worker: have the sources of saved data changed?
 * @property {number} v
 * @property {"check"} type
 * @property {string} key
 */

/**
 * The answer. All is empty and false when nothing is saved under the key.
 *
 * @typedef {object} CheckResult
 * @property {string[]} newer      URLs of sources with newer data
 * @property {boolean} edited
 */

/**
 * @typedef {object} ForgetQuestion  page → worker: delete saved instances; answered when they are gone
 * @property {number} v
 * @property {"forget"} type
 * @property {string[]} keys
 */

/**
 * @typedef {object} RestoreQuestion  page → worker: save this instance, replacing one with its key;
 *   answered when it is
 * @property {number} v
 * @property {"restore"} type
 * @property {import("./saved-store.js").SavedInstance} instance  its generation does not matter
 * @property {Array<{path: string, content: Blob}>} files
 */

/**
 * @typedef {object} AddQuestion  page → worker: open files of the person's own in an instance, and save
 *   them there. The answer is where Datasette shows the first one, relative to the instance
 * @property {number} v
 * @property {"add"} type
 * @property {string} key
 * @property {File[]} files
 */

/**
 * @typedef {object} ChangedMessage  worker → pages: the databases of an instance were written to
 * @property {number} v
 * @property {"changed"} type
 * @property {string} key
 */

/**
 * @typedef {object} DeletedMessage  worker → pages: what was saved of these instances is gone
 * @property {number} v
 * @property {"deleted"} type
 * @property {string[]} keys
 */

/**
 * @template M
 * @typedef {M extends unknown ? Omit<M, "v"> : never} WithoutVersion
 */

/** @typedef {StatusQuestion | CheckQuestion | ForgetQuestion | RestoreQuestion | AddQuestion} Question */
/** @typedef {WithoutVersion<Question>} Asked  what `question` makes a message of */
/** @typedef {{value: any} | {error: WireError} | {working: true}} Answer */
/** @typedef {OpenMessage | PingMessage | Question} PageMessage */
/** @typedef {ChangedMessage | DeletedMessage} News */
/** @typedef {ProgressMessage | ReadyMessage | FailedMessage | News} WorkerMessage */
/** @typedef {Omit<ProgressMessage, "v" | "type" | "key">} Progress */

/**
 * @param {string} key
 * @param {{retry?: boolean, fresh?: boolean}} [options]
 * @returns {OpenMessage}
 */
export function openMessage(key, { retry = false, fresh = false } = {}) {
  return { v: PROTOCOL_VERSION, type: "open", key, retry, fresh };
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

/**
 * @param {Asked} asked
 * @returns {Question}
 */
export function question(asked) {
  return { v: PROTOCOL_VERSION, ...asked };
}

/**
 * @param {string} key
 * @returns {ChangedMessage}
 */
export function changedMessage(key) {
  return { v: PROTOCOL_VERSION, type: "changed", key };
}

/**
 * @param {string[]} keys
 * @returns {DeletedMessage}
 */
export function deletedMessage(keys) {
  return { v: PROTOCOL_VERSION, type: "deleted", keys };
}
