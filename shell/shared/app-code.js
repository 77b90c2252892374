/**
 * Names and recognises the files that an app's code can be in: a .py file, a zip file or a wheel.
 */

/** The ends of their names. */
const KINDS = [".py", ".zip", ".whl"];

/** Names that engine/apps/code.py tries as modules of the application, in this order. */
const MODULES = ["main", "app", "asgi"];

/** Folders and files that come with the code but do not belong to it. */
const NOT_CODE = /(?:^|\/)(?:\.[^/]*|__pycache__|__MACOSX|node_modules|venv)(?:\/|$)/;

/**
 * @param {string} name
 * @returns {boolean} whether a file of that name can hold an app's code
 */
export function isCodeFile(name) {
  return KINDS.some((kind) => name.endsWith(kind) && name.length > kind.length);
}

/**
 * @param {string} name  of the file as it came
 * @param {boolean} isArchive  whether it is a zip file or a wheel
 * @returns {string} the name that it is saved under, with the ending of its kind
 */
export function codeFileName(name, isArchive) {
  const plain = name.replaceAll(/%[0-9A-Fa-f]{2}|[^\w.-]/g, "_").replace(/^\.+/, "");
  if (isCodeFile(plain)) return plain;
  return `${plain || "main"}${isArchive ? ".zip" : ".py"}`;
}

/**
 * @param {Uint8Array} bytes
 * @returns {boolean} whether they are those of a zip file or a wheel
 */
export function isArchive(bytes) {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * @param {string[]} paths  in a folder or an archive
 * @returns {string[]} those of files that can belong to an app
 */
export function codePaths(paths) {
  return paths.filter((path) => !NOT_CODE.test(path) && !path.endsWith("/"));
}

/**
 * Find out where the application is in a folder or an archive, from the names of its files.
 *
 * @param {string[]} paths
 * @returns {string | undefined} as `entry` in a link, "" if it is found without one; undefined if the names
 *   do not tell
 */
export function entryIn(paths) {
  const inside = withoutTop(codePaths(paths));
  const hasModule = (/** @type {string} */ name) =>
    inside.includes(`${name}.py`) || inside.includes(`${name}/__init__.py`);
  if (MODULES.some(hasModule)) return "";
  // A Django project has it beside its settings.
  const nested = inside.filter((path) => /^\w+\/asgi\.py$/.test(path));
  return nested.length === 1 ? nested[0].slice(0, -".py".length).replace("/", ".") : undefined;
}

/**
 * @param {string[]} paths
 * @returns {string[]} relative to the one folder that all are in, as in an archive of a repository
 */
export function withoutTop(paths) {
  const tops = new Set(paths.map((path) => path.split("/")[0]));
  const [top] = tops;
  const isPackage = paths.includes(`${top}/__init__.py`);
  if (tops.size !== 1 || isPackage || paths.includes(top)) return paths;
  return paths.map((path) => path.slice(top.length + 1));
}
