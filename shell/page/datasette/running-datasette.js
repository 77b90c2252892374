/**
 * Says which Datasette runs and where it is from, in a sentence for the page “Plugins”.
 *
 * The server gives the version, the recipe what the link requests, and the worker the reason if that
 * does not run.
 */

import { REPOSITORY_HOST } from "../../shared/datasette-repository.js";
import { refKind } from "../../shared/requirement.js";
import { datasetteInWords } from "../ui/describe-sources.js";

/** @typedef {import("../../shared/errors.js").WireError} WireError */

/** @type {Record<ReturnType<typeof refKind>, string>} what a link asks for, and where that comes from */
const ASKED = {
  pre: "It comes from the package index, because the link asks for the newest pre-release",
  version: "It comes from the package index, because the link asks for this version",
  commit: `It comes from ${REPOSITORY_HOST}, because the link asks for this commit`,
  name: `It comes from ${REPOSITORY_HOST}, because the link asks for this branch or tag`,
};

/** The name of what `ref` requests, in locks and problems; see engine/packages/plugin_setup.py. */
const REF = "?ref=";

/**
 * @param {object} what
 * @param {string} what.version
 * @param {boolean} what.isSites      whether it is the site's own
 * @param {string} what.ref           what the link requests, as parseRef returns it, or ""
 * @param {WireError[]} what.problems of the instance
 * @returns {string} sentences
 */
export function describeDatasette({ version, isSites, ref, problems }) {
  if (!isSites) {
    return `Datasette ${version} runs here. ${ASKED[refKind(ref)]} (${REF}${ref}).`;
  }
  const own = `Datasette ${version} runs here. It comes with this site.`;
  if (ref === "") return own;
  const problem = problems.find(({ source }) => source === ref || source === REF + ref);
  const why = problem ? `${problem.message} ${problem.hint}`.trim() : "";
  return `${own} The link asks for another one (${REF}${ref}). ${why}`.trim();
}

/**
 * @param {Parameters<typeof describeDatasette>[0]} what
 * @returns {{label: string, requirement: string} | undefined} the label of a button that fetches the
 *   link's Datasette again, or a newer one, and what to install for it; undefined where there is no need
 */
export function upgradeOf({ isSites, ref, problems }) {
  const requirement = REF + ref;
  if (isSites) {
    const hasFailed = problems.some(
      ({ name, source }) => name === "PluginError" && source === requirement,
    );
    return hasFailed
      ? { label: `Try to get ${datasetteInWords(ref)} again`, requirement }
      : undefined;
  }
  const kind = refKind(ref);
  if (kind !== "pre" && kind !== "name") return undefined;
  const newest = kind === "pre" ? "pre-release" : "commit";
  return { label: `Get the newest ${newest}`, requirement };
}

/**
 * @param {import("../../shared/protocol.js").InstalledPlugin} plugin
 * @returns {boolean} whether it is the Datasette that the link requests, which is not a plugin
 */
export function isDatasette({ requirement }) {
  return requirement.startsWith(REF);
}
