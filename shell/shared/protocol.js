/**
 * Defines all messages between pages and the service workers.
 *
 * There are three kinds: messages about a boot, questions, and news that pages get unasked. Messages of
 * another version of this protocol are never acted on: a page that gets one reloads itself, and a worker
 * answers that the versions differ.
 *
 * Each workspace has a worker of its own, which gets the messages about that workspace (roleFor). The
 * root's worker gets those about the site, and about saved workspaces as a whole.
 *
 * A page posts `open`, `ping` or `prefetch` to a registration's active worker, and on a first visit
 * `open` to the one that is being installed. The worker answers an `open` with `progress` messages, at
 * least one a second while its thread is free, and then with exactly one `ready` or `failed`; `ready`
 * also means that the address answers with the page that asks for consent. `open` may be repeated at any
 * time: it joins the boot that is running, or starts one if the browser has stopped the worker
 * meanwhile. A `ping` has no answer; its arrival restarts the browser's idle clock. A `prefetch`, which
 * saves time in a later boot, has no answer either.
 *
 * Questions (`status`, `check`, `forget`, `bring-back`, `sweep`, `restore`, `set-aside`, `rename`,
 * `allow-load`, `pause-plugins`, `registrations`, `preview`, `add`, `reload`, `keep-copy`, `consent`,
 * `plugins`, `served`, `install`, `uninstall`) come with a MessagePort, on which exactly one answer is sent:
 * {value} or {error}. Until then {working} comes at least every few seconds while the worker's thread is free, with
 * the progress of an `add`, `install` or `uninstall`. A question names a lock (shared/locks.js), which the
 * worker holds until it has answered; {working, locked} says that it does. A page that gets the lock
 * before an answer knows that the worker was stopped, and may ask again: what was done is not done twice.
 * A `ping` with a port is answered at once. On the port of an `add` the page may post {cancel: true}: the
 * answer is then an error named “Cancelled”, and nothing remains of the file that was being imported.
 *
 * `changed` and `deleted` go to all pages of the site except the one that caused them: the data that
 * those pages show is out of date. `evicted` goes to all pages.
 *
 * A `websocket` comes with a MessagePort, which then is the socket: SocketNews goes to the page, and strings,
 * ArrayBuffers and {close: SocketClosing} to the worker. Only pages of the workspace may open one.
 *
 * Two messages go over a BroadcastChannel. Workers send `stop` to each other when the workspace that
 * another one runs is about to be deleted or replaced. Pages send `leave` to each other when one is
 * about to end the workspace's worker.
 */

import { ROOT } from "./scopes.js";

/** @typedef {import("./errors.js").WireError} WireError */

/** Version of this protocol: a page that meets another one reloads itself. */
export const PROTOCOL_VERSION = 10;

/**
 * The stages of a boot in order: id and the title people see.
 *
 * @type {ReadonlyArray<readonly [StageId, string]>}
 */
export const STAGES = [
  ["download", "Downloading Python and Datasette"],
  ["python", "Starting Python"],
  ["plugins", "Getting the plugins"],
  ["datasette", "Loading Datasette"],
  ["fetch", "Fetching the data"],
  ["import", "Importing the data"],
  ["restore", "Getting your saved data"],
  ["open", "Opening the databases"],
];

/**
 * The stages of the boot of an app.
 *
 * @type {ReadonlyArray<readonly [StageId, string]>}
 */
export const APP_STAGES = [
  ["fetch", "Fetching the app"],
  ["download", "Downloading Python"],
  ["python", "Starting Python"],
  ["restore", "Getting its saved files"],
  ["plugins", "Getting its packages"],
  ["datasette", "Loading its packages"],
  ["open", "Starting the app"],
];

/** @typedef {"download" | "python" | "plugins" | "datasette" | "fetch" | "import" | "restore" | "open"} StageId */

/**
 * @typedef {object} OpenMessage   page → worker: start this instance, or join its boot
 * @property {number} v
 * @property {"open"} type
 * @property {string} key
 * @property {boolean} retry       start again even though the last boot failed
 * @property {boolean} fresh       load the sources again, and replace the saved data once that has worked
 * @property {boolean} [saved]     open the saved data, even if that ends a boot that would replace it
 * @property {boolean} isNew       it may be one for the person's own files that is not saved yet
 */

/**
 * @typedef {object} PingMessage   page → worker: a page is still using the site
 * @property {number} v
 * @property {"ping"} type
 */

/**
 * @typedef {object} PrefetchMessage   page → worker: keep the site for offline use now
 * @property {number} v
 * @property {"prefetch"} type
 * @property {boolean} python  whether to download the files for a boot as well
 */

/**
 * @typedef {object} WebSocketMessage   page → worker: connect to the application
 * @property {number} v
 * @property {"websocket"} type
 * @property {string} id            names the lock that the page holds while it needs the socket
 * @property {string} url           ws: or wss:, in the page's workspace
 * @property {string[]} protocols   that the page offers
 */

/** @typedef {{code: number, reason: string}} SocketClosing  as in RFC 6455; code 1005: none was given */

/**
 * What the page gets from its socket. First comes `run`, which names the lock of the worker: if that is
 * free, the socket is gone. After `closed` comes nothing more.
 *
 * @typedef {string | ArrayBuffer | {run: string} | {accepted: {protocol: string}}
 *   | {closed: SocketClosing & {wasClean: boolean}}} SocketNews
 */

/**
 * @typedef {object} ProgressMessage  worker → page: how far a boot is
 * @property {number} v
 * @property {"progress"} type
 * @property {string} key
 * @property {StageId} stage
 * @property {string} label        the item being processed, such as a file's name; may be ""
 * @property {number} [done]       in `unit`
 * @property {number} [total]      in `unit`; left out while unknown
 * @property {"bytes" | "rows"} [unit]
 * @property {number} elapsed      ms since the boot began
 * @property {boolean} [hasSaved]  the boot will replace saved data, which can be opened instead
 * @property {SourceHead} [head]   once to each page, and again when there is more of it
 */

/**
 * The beginning of a CSV file that is being fetched, so that the page can show its first rows.
 *
 * @typedef {object} SourceHead
 * @property {string} url
 * @property {ImportOptions} options  as the link gives them
 * @property {Uint8Array} bytes    the first ones, at most 32 kB; perhaps packed with gzip
 * @property {boolean} isWhole     whether these are known to be all
 */

/**
 * @typedef {object} ReadyMessage  worker → page: the instance answers requests
 * @property {number} v
 * @property {"ready"} type
 * @property {string} key
 * @property {string} path  of the page to show when a link names none, relative to the instance
 */

/**
 * @typedef {object} FailedMessage  worker → page: the boot ended in an error
 * @property {number} v
 * @property {"failed"} type
 * @property {string} key
 * @property {WireError} error
 */

/**
 * @typedef {object} StatusQuestion  page → worker: are changes here saved? Starts nothing
 * @property {number} v
 * @property {"status"} type
 * @property {string} key
 */

/**
 * The answer: undefined while the instance is not running.
 *
 * @typedef {RunningStatus | ConsentStatus} Status
 */

/**
 * The instance waits for a person to decide what code may run in it.
 *
 * @typedef {object} ConsentStatus
 * @property {"consent"} state
 * @property {Consent} consent
 */

/**
 * @typedef {object} Consent
 * @property {ConsentItem[]} items  those without a decision yet
 * @property {boolean} locked       the site takes no code from links: nothing can be allowed
 */

/**
 * Code that a link brings, or a saved instance that came from elsewhere.
 *
 * @typedef {object} ConsentItem
 * @property {"app" | "plugin" | "wheel" | "datasette" | "package" | "metadata" | "config"} kind  an app is
 *   code that runs instead of Datasette; a plugin, a wheel and a Datasette have yet to be fetched; a package
 *   is a wheel that is here
 * @property {string} value  exactly what would be fetched: a requirement, a wheel's URL (after its name, if
 *   the link gives one), a version of Datasette or "pre"; a package's name and version ("datasette-x 1.0")
 *   by its own account; an absolute URL for the others
 * @property {string} from   where it is from: "the package index" or "the file you imported", an index's
 *   URL, or the host of a file
 * @property {string} [digest]  SHA-256 of an app's code, a package's wheel, or the whole metadata or config
 * @property {string[]} [parts]  for metadata and config: the parts that can run code, such as
 *   "description_html"; for a package: ["dependency"] if it was not requested itself
 */

/**
 * @typedef {object} RunningStatus
 * @property {"ready"} state
 * @property {"saved" | "temporary" | "unsaved"} saving  temporary because the link says so; unsaved
 *   because there is no room or permission
 * @property {WireError} [reason]  of "unsaved"
 * @property {boolean} edited      whether the databases differ from their sources
 * @property {boolean} isImported  whether the instance came from a file that the person imported
 * @property {string[]} newer      URLs of sources with newer data, according to the last check
 * @property {string[]} evicted    keys of instances that were deleted to make room, see EvictedMessage
 * @property {WireError[]} problems  with what could not be opened or installed, each with its `source`: a
 *   URL, or a plugin's requirement. Those about code are named NotAllowed (by the person), Locked (by the
 *   site), PluginError, or PluginsStuck (after starts that never finished)
 * @property {Note[]} notes  on the sources that a link has opened since the worker started
 * @property {ConsentItem[]} refused  items that the person has not allowed; a `consent` with allow: null
 *   asks again
 */

/**
 * A note on a source that was opened.
 *
 * @typedef {object} Note
 * @property {string} source   its URL
 * @property {string} message  a sentence, such as that some rows did not fit
 */

/**
 * @typedef {object} ConsentQuestion  page → worker: what the person has decided about some items. The
 *   instance then restarts at the next request. The answer only says that the decision is stored
 * @property {number} v
 * @property {"consent"} type
 * @property {string} key
 * @property {boolean | null} allow  null: forget the decision, and ask again
 * @property {ConsentItem[]} [items]  those that the person was shown: the answer covers only these
 */

/**
 * @typedef {object} PluginsQuestion  page → worker: which plugins are there? The answer is a PluginList
 * @property {number} v
 * @property {"plugins"} type
 * @property {string} key
 */

/** @typedef {{plugins: InstalledPlugin[], locked: boolean}} PluginList */

/**
 * @typedef {object} ServedQuestion  page → worker: which of these can be installed from the site's package
 *   indexes? The answer is a list of them
 * @property {number} v
 * @property {"served"} type
 * @property {string} key
 * @property {string[]} requirements
 */

/**
 * @typedef {object} InstalledPlugin
 * @property {string} requirement  as it was requested; a dependency's name and version
 * @property {string} name
 * @property {string} version      "" if it could not be installed
 * @property {string} from         "site", "index", "import" in a workspace that was imported, or the URL of
 *   a wheel
 * @property {number} size         bytes of its wheel; 0 where unknown
 * @property {boolean} asked       false for dependencies of other packages
 * @property {boolean} plugin      whether Datasette knows it as a plugin
 * @property {string | null} problem  sentences: why it could not be installed, or was left out
 */

/**
 * @typedef {object} InstallQuestion  page → worker: install a plugin, or a newer version of one, and
 *   restart the instance with it. The answer is {added}: names and versions of all new packages
 * @property {number} v
 * @property {"install"} type
 * @property {string} key
 * @property {string} requirement  such as datasette-x, datasette-x==1.2, or a wheel's URL; or, to upgrade,
 *   "?ref=" and what the link has there
 * @property {boolean} upgrade     replace the installed version with the newest that fits
 */

/**
 * @typedef {object} UninstallQuestion  page → worker: remove a plugin and the packages that only it needs,
 *   and restart the instance. The answer is {removed}: names
 * @property {number} v
 * @property {"uninstall"} type
 * @property {string} key
 * @property {string} name
 */

/**
 * @typedef {object} InstallProgress
 * @property {"resolving" | "downloading" | "checking" | "restarting"} step
 * @property {string} name         of the current package, or ""
 * @property {number} done
 * @property {number} total        0 while unknown
 */

/**
 * @typedef {object} CheckQuestion  page → worker: have the sources of saved data changed?
 * @property {number} v
 * @property {"check"} type
 * @property {string} key
 * @property {number} [before]  ms since 1970: sources loaded since then are not checked
 */

/**
 * The answer, with only empty and false values if nothing is saved under the key.
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
 * @property {Record<string, string>} [spared]  generations, by key, whose contents stay for as long as the
 *   page holds their locks, so that `bring-back` can undo the deletion. The answer is a list of Deleted
 */

/**
 * @typedef {object} Deleted  what a page has to remember of an instance to bring it back
 * @property {import("./saved-store.js").SavedInstance} record
 * @property {import("./saved-store.js").Decision} [decision]  about its code
 */

/**
 * @typedef {object} BringBackQuestion  page → root's worker: undo a deletion. The answer is a list of the keys
 *   of instances that are back: not of those opened again meanwhile
 * @property {number} v
 * @property {"bring-back"} type
 * @property {Deleted[]} deleted
 */

/**
 * @typedef {object} SweepQuestion  page → root's worker: no deletion will be undone any more, so delete what
 *   they have spared
 * @property {number} v
 * @property {"sweep"} type
 */

/**
 * @typedef {object} RestoreQuestion  page → worker: save this instance, replacing one with its key. The
 *   answer, once it is saved, is a list of paths of files that an export may not contain
 * @property {number} v
 * @property {"restore"} type
 * @property {import("./saved-store.js").SavedInstance} instance  its generation does not matter
 * @property {Array<{path: string, content: Blob}>} files
 */

/**
 * @typedef {object} RegistrationsQuestion  page → root's worker: these are the site's registrations;
 *   forget the data kept for others. The answer is a RegistrationsResult
 * @property {number} v
 * @property {"registrations"} type
 * @property {string[]} scopes
 */

/**
 * @typedef {object} RegistrationsResult
 * @property {string[]} open      keys of the workspaces that a page has open, or is about to open
 * @property {string[]} outdated  scopes of the registrations that run another version of the site than
 *   the root's worker
 */

/**
 * @typedef {object} SetAsideQuestion  page → worker: open a saved instance without one of its databases
 *   from now on; answered when that is saved
 * @property {number} v
 * @property {"set-aside"} type
 * @property {string} key
 * @property {string} path  of the database in the instance's folder
 * @property {boolean} keep  whether it stays saved, as a file to download
 */

/**
 * @typedef {object} RenameQuestion  page → root's worker: call a saved workspace so; answered when that is
 *   saved
 * @property {number} v
 * @property {"rename"} type
 * @property {string} key
 * @property {string} title
 */

/**
 * @typedef {object} AllowLoadQuestion  page → worker: answer this page load once more, though it stopped the
 *   workspace before
 * @property {number} v
 * @property {"allow-load"} type
 * @property {string} key
 * @property {string} address  path and query
 */

/**
 * @typedef {object} PausePluginsQuestion  page → root's worker: from its next start on, open a workspace
 *   without the plugins that the person has allowed, until they decide again
 * @property {number} v
 * @property {"pause-plugins"} type
 * @property {string} key
 */

/** @typedef {import("./link-options.js").ImportOptions} ImportOptions */

/**
 * @typedef {object} PreviewQuestion  page → worker: what is this file of the person's, and what would it
 *   become? Imports nothing, and reads no more than it needs. The answer is a Preview
 * @property {number} v
 * @property {"preview"} type
 * @property {string} key
 * @property {File} file
 * @property {ImportOptions} options  those chosen so far
 */

/**
 * @typedef {object} Preview
 * @property {string} kind         csv, json, excel, parquet, sqlite, sql, zip …
 * @property {string} kindInWords  "CSV, comma-separated, UTF-8"
 * @property {string} database     that it becomes, or that its tables go to
 * @property {string[]} databases  names of those in the workspace
 * @property {boolean} [taken]     for a file that becomes a database: whether there is one of that name
 * @property {PreviewTable[]} tables
 * @property {string[]} [contents]  of an archive: names of the files in it
 * @property {string} [delimiter]  this and those below are for CSV; skiprows and header also for Excel
 * @property {string} [encoding]
 * @property {boolean} [header]
 * @property {number} [skiprows]
 * @property {string} [quote]      "none": quotation marks are data
 * @property {string} [escape]     the escape character, "" for none
 * @property {string} [comment]    what comment lines begin with, "" for nothing
 * @property {string[]} [null]     words that stand for NULL
 * @property {Guess[]} [guesses]   how certain the detected properties are
 * @property {string[]} [notes]    sentences on how the file is read
 */

/**
 * @typedef {object} Guess
 * @property {string} about     "Encoding", "Separator" …
 * @property {"certain" | "likely" | "unsure"} sureness
 * @property {string} reason    a sentence, beginning with what was found
 */

/**
 * @typedef {object} PreviewTable
 * @property {string} source       its name in the file, "" if that has none
 * @property {string} name
 * @property {boolean} taken       whether there is a table of that name
 * @property {PreviewColumn[]} columns
 * @property {any[][]} rows        the first few
 * @property {string[][][]} misfits  for each value of these rows, the types that it does not fit
 * @property {string[]} pk         columns that may be the primary key
 * @property {number | null} count  rows in all, if known
 * @property {Array<{skiprows: number, text: string}>} [above]  the last rows above the header, each
 *   with the option that would make it the header; this and `starts` are for CSV and Excel
 * @property {number[]} [starts]   for each of `rows`, the same option
 * @property {boolean} [hidden]    whether it is a hidden sheet, left out unless it is chosen
 * @property {string[]} [notes]    sentences on how it is read
 */

/**
 * @typedef {object} PreviewColumn
 * @property {string} name
 * @property {string} type         text, integer or float
 * @property {boolean} distinct    whether no value occurs twice in the rows read
 * @property {{values: number, integer: number, float: number}} fits  how many values, empty ones not
 *   counted, were read, and how many of these are integers and numbers
 */

/**
 * @typedef {object} AddQuestion  page → worker: open the person's own files in an instance, and save
 *   them there. The answer is an AddResult
 * @property {number} v
 * @property {"add"} type
 * @property {string} key
 * @property {string} [title]  a name for the workspace, if it has none
 * @property {FileToAdd[]} files
 */

/**
 * @typedef {object} FileToAdd
 * @property {File} file
 * @property {import("./journals.js").Together<File>["journals"]} [journals]  of a database
 * @property {ImportOptions} options
 * @property {"file" | "paste"} kind  how it came
 * @property {string} addition  names this addition: a file added under that name is not added again
 * @property {boolean} [mayChange]  whether the person lets a script change tables that it did not make;
 *   otherwise such a script is a problem named CHANGES_EXISTING
 */

/** Name of the error for a script that would change existing tables; engine/sqlite/sql_guard.py raises it. */
export const CHANGES_EXISTING = "ChangesExisting";

/**
 * @typedef {object} AddProgress
 * @property {string} label        the item being processed: a file's name
 * @property {"read" | "import" | "save"} stage
 * @property {number} done         bytes
 * @property {number} total        bytes; 0 while unknown
 * @property {number} rows         so far
 * @property {number} file         index of the current file
 * @property {number} files        how many there are
 */

/**
 * @typedef {object} AddResult
 * @property {string} path         where Datasette shows what was added, relative to the instance
 * @property {Array<{database: string, table: string | null, rows: number, file: number, source?: string}>}
 *   added  table: null for a database; file: index of the file it is from; source: the table's name there
 * @property {string[]} notes      sentences, such as that some rows did not fit
 * @property {WireError[]} problems  of files that could not be opened; each with `source`, its name
 */

/**
 * @typedef {object} CancelMessage  page → worker, on the port of an `add`
 * @property {true} cancel
 */

/**
 * @typedef {object} ReloadQuestion  page → worker: fetch a source again, or take the file that the person
 *   brings again, and replace what it became, if there is newer data or that was changed here. The answer
 *   is a ReloadResult
 * @property {number} v
 * @property {"reload"} type
 * @property {string} key
 * @property {string} source  its id in state.json
 * @property {boolean} revert  replace it even if the source has no newer data
 * @property {File} [file]  of a source that is a file of the person's
 */

/** @typedef {{changed: boolean, path: string}} ReloadResult */

/**
 * @typedef {object} KeepCopyQuestion  page → worker: download all of a database that is read from its host
 *   block by block, and read it from this device from now on. Answered once that is saved
 * @property {number} v
 * @property {"keep-copy"} type
 * @property {string} key
 * @property {string} database  its name
 */

/** @typedef {{done: number, total: number}} CopyProgress  in bytes */

/**
 * @typedef {object} ChangedMessage  worker → pages: the databases of an instance were written to
 * @property {number} v
 * @property {"changed"} type
 * @property {string} key
 */

/**
 * @typedef {object} DeletedMessage  worker → pages: the saved data of these instances was deleted
 * @property {number} v
 * @property {"deleted"} type
 * @property {string[]} keys
 */

/**
 * @typedef {object} StopMessage  worker → workers: stop this workspace; its saved data is about to be
 *   deleted or replaced
 * @property {number} v
 * @property {"stop"} type
 * @property {string} key
 */

/**
 * @typedef {object} LeaveMessage  page → pages: leave this workspace, so that its worker can be ended
 * @property {number} v
 * @property {"leave"} type
 * @property {string} key
 */

/**
 * @typedef {object} EvictedMessage  worker → pages: there was no room left, so the saved data of an
 *   unchanged instance was deleted; its link fetches it again
 * @property {number} v
 * @property {"evicted"} type
 * @property {string} key
 */

/**
 * @template M
 * @typedef {M extends unknown ? Omit<M, "v"> : never} WithoutVersion
 */

/**
 * @typedef {StatusQuestion | CheckQuestion | ForgetQuestion | BringBackQuestion | SweepQuestion
 *   | RestoreQuestion | SetAsideQuestion | RenameQuestion | AllowLoadQuestion | PausePluginsQuestion
 *   | RegistrationsQuestion | PreviewQuestion | AddQuestion | ReloadQuestion | KeepCopyQuestion
 *   | ConsentQuestion | PluginsQuestion | ServedQuestion | InstallQuestion
 *   | UninstallQuestion} Question
 */
/** @typedef {WithoutVersion<Question>} Asked  what `question` turns into a message */
/** @typedef {{lock?: string}} Locked  an extra field of every question: the name of its lock */
/** @typedef {{value: any} | {error: WireError} | {working: true, locked?: true, progress?: AddProgress | InstallProgress | CopyProgress}} Answer */
/** @typedef {OpenMessage | PingMessage | PrefetchMessage | WebSocketMessage | (Question & Locked)} PageMessage */
/** @typedef {ChangedMessage | DeletedMessage | EvictedMessage} News */
/** @typedef {ProgressMessage | ReadyMessage | FailedMessage | News} WorkerMessage */
/** @typedef {Omit<ProgressMessage, "v" | "type" | "key">} Progress */

/**
 * @param {string} key
 * @param {{retry?: boolean, fresh?: boolean, saved?: boolean, isNew?: boolean}} [options]
 * @returns {OpenMessage}
 */
export function openMessage(key, options = {}) {
  const { retry = false, fresh = false, saved = false, isNew = false } = options;
  return { v: PROTOCOL_VERSION, type: "open", key, retry, fresh, saved, isNew };
}

/** @returns {PingMessage} */
export function ping() {
  return { v: PROTOCOL_VERSION, type: "ping" };
}

/**
 * @param {string} id
 * @param {string} url
 * @param {string[]} protocols
 * @returns {WebSocketMessage}
 */
export function webSocketMessage(id, url, protocols) {
  return { v: PROTOCOL_VERSION, type: "websocket", id, url, protocols };
}

/**
 * @param {boolean} python
 * @returns {PrefetchMessage}
 */
export function prefetch(python) {
  return { v: PROTOCOL_VERSION, type: "prefetch", python };
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
 * @param {string} [path]
 * @returns {ReadyMessage}
 */
export function readyMessage(key, path = "") {
  return { v: PROTOCOL_VERSION, type: "ready", key, path };
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
 * @param {string} lock  its name
 * @returns {Question & Locked}
 */
export function question(asked, lock) {
  return { v: PROTOCOL_VERSION, lock, ...asked };
}

/**
 * @param {Asked} asked
 * @returns {import("./scopes.js").Role} whose worker answers it
 */
export function roleFor(asked) {
  // A workspace that does not start, or hangs, may hold its own worker up.
  const isForRoot = ["set-aside", "pause-plugins", "rename"].includes(asked.type);
  return "key" in asked && !isForRoot ? asked.key : ROOT;
}

/**
 * @param {string} key
 * @returns {StopMessage}
 */
export function stopMessage(key) {
  return { v: PROTOCOL_VERSION, type: "stop", key };
}

/**
 * @param {string} key
 * @returns {LeaveMessage}
 */
export function leaveMessage(key) {
  return { v: PROTOCOL_VERSION, type: "leave", key };
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

/**
 * @param {string} key
 * @returns {EvictedMessage}
 */
export function evictedMessage(key) {
  return { v: PROTOCOL_VERSION, type: "evicted", key };
}
