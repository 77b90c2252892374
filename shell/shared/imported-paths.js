/**
 * The files of a workspace's folder that an import may bring, and what becomes of each.
 *
 * An export holds a stranger's files, so this is a list of what is allowed; engine/folder.py lays the
 * folder out.
 */

/** One file, and none of the names that Datasette itself uses. */
const DATABASE =
  /^databases\/(?!@|_internal\.db|_memory\.db)[^/\p{Cc}\p{Cs}]{1,250}\.db(?:-journal|-wal)?$/u;
const INTERNAL = /^(?:imported-)?(internal\.db(?:-journal|-wal)?)$/;
const CONFIGURATION = /^configuration\/\d{1,9}\.json$/;
const PACKAGES = /^plugins\/(?:lock\.json|wheels\/[\w.+!-]{1,200}\.whl)$/;

/** Of the exporter's own browser sessions: never exported, and passed over in older exports. */
const PRIVATE = ["secret", "cookies.json"];

export const STATE = "state.json";

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
 * @returns {string | undefined} the path under which to save the file; undefined if it is not to be saved
 */
export function importedPath(path) {
  if (path === STATE || [DATABASE, CONFIGURATION, PACKAGES].some((known) => known.test(path))) {
    return path;
  }
  // Datasette never opens a stranger's internal database: engine/datasette/imported_internal.py reads it.
  const internal = INTERNAL.exec(path);
  return internal ? `imported-${internal[1]}` : undefined;
}
