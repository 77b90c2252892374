/**
 * Says which Datasette runs and where it is from, in a sentence for the page “Plugins”.
 *
 * The server gives the version, the recipe what the link requests, and the worker the reason if that
 * does not run.
 */

/** @typedef {import("../../shared/errors.js").WireError} WireError */

/** The name of what `ref` requests, in locks and problems; see engine/packages/plugin_setup.py. */
const REF = "?ref=";

/**
 * @param {object} what
 * @param {string} what.version
 * @param {boolean} what.isSites      whether it is the site's own
 * @param {string} what.ref           the version that the link requests, "pre", or ""
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
 * @returns {boolean} whether it is the Datasette that the link requests, which is not a plugin
 */
export function isDatasette({ requirement }) {
  return requirement.startsWith(REF);
}
