/**
 * Which Datasette runs and where it is from, in a sentence, for the page “Plugins”.
 *
 * The version is the server's to say, what the link asks for the recipe's, and why that did not come
 * to be the worker's.
 */

/** @typedef {import("../../shared/errors.js").WireError} WireError */

/** How the lock of an instance, and problems, name what `ref` asks for; see engine/packages/plugin_setup.py. */
const REF = "?ref=";

/**
 * @param {object} what
 * @param {string} what.version
 * @param {boolean} what.isSites      whether it is the one that the site carries
 * @param {string} what.ref           the version that the link asks for, "pre", or ""
 * @param {WireError[]} what.problems of the instance
 * @returns {string} sentences
 */
export function describeDatasette({ version, isSites, ref, problems }) {
  if (!isSites) {
    const asked = ref === "pre" ? "the newest pre-release" : "this version";
    return (
      `Datasette ${version} runs here. It comes from the package index, because the link asks for ${asked} ` +
      `(${REF}${ref}).`
    );
  }
  const own = `Datasette ${version} runs here. It comes with this site.`;
  if (ref === "") return own;
  const problem = problems.find(({ source }) => source === ref || source === REF + ref);
  const why = problem ? `${problem.message} ${problem.hint}`.trim() : "";
  return `${own} The link asks for another one (${REF}${ref}). ${why}`.trim();
}

/**
 * @param {import("../../shared/protocol.js").InstalledPlugin} plugin
 * @returns {boolean} whether it is the Datasette that the link asks for, which is no plugin
 */
export function isDatasette({ requirement }) {
  return requirement.startsWith(REF);
}
