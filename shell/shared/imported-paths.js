/**
 * Lists the files of a workspace's folder that an import may contain, and where each is saved.
 *
 * An export holds untrusted files, so only listed ones are allowed. engine/folder.py defines the folder's
 * layout.
 */

/** One file, and none of the names that Datasette itself uses. */
const DATABASE =
  /^databases\/(?!@|_internal\.db|_memory\.db)[^/\p{Cc}\p{Cs}]{1,250}\.db(?:-journal|-wal)?$/u;
const INTERNAL = /^(?:imported-)?(internal\.db(?:-journal|-wal)?)$/;
const CONFIGURATION = /^configuration\/\d{1,9}\.json$/;
const PACKAGES = /^plugins\/(?:lock\.json|wheels\/[\w.+!-]{1,200}\.whl)$/;

/** An app's code, which runs only if a person allows its hash, and the files of its home directory. */
const APP = /^app\/[\w.-]{1,200}\.(?:py|zip|whl)$/;
const HOME = /^home(?:\/(?!\.\.?(?:\/|$))[^/\\\p{Cc}\p{Cs}]{1,250}){1,20}$/u;

/** Secrets of the exporter's own browser sessions: never exported, and ignored in older exports. */
const PRIVATE = ["secret", "cookies.json"];

export const STATE = "state.json";

/** The files that are saved under the path that they have. */
const KNOWN = [DATABASE, CONFIGURATION, PACKAGES, APP, HOME];

/**
 * @param {string} path  in an instance's folder
 * @returns {boolean}
 */
export function isPrivate(path) {
  return PRIVATE.includes(path);
}

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isConfiguration(path) {
  return CONFIGURATION.test(path);
}

/**
 * @param {string} path  in the folder of an export
 * @returns {string | undefined} the path under which to save the file; undefined if it must not be saved
 */
export function importedPath(path) {
  if (path === STATE || KNOWN.some((known) => known.test(path))) return path;
  // Datasette never opens a stranger's internal database: engine/datasette/imported_internal.py reads it.
  const internal = INTERNAL.exec(path);
  return internal ? `imported-${internal[1]}` : undefined;
}
