/**
 * Versions of Datasette with published vulnerabilities, for the page that asks whether to run one.
 *
 * From the project's security advisories and release notes:
 * https://github.com/simonw/datasette/security/advisories,
 * https://docs.datasette.io/en/latest/changelog.html
 */

/**
 * @typedef {object} Advisory
 * @property {string} id
 * @property {string} what  what it allows
 * @property {Record<string, string>} fixed  by major version: the first one without it. Others never had it
 */

/** @type {Advisory[]} newest first */
const ADVISORIES = [
  {
    id: "GHSA-h547-rmjf-5m2m",
    what: "reading private rows",
    fixed: { 0: "0.65.5", 1: "1.0a40" },
  },
  {
    id: "security fixes of 1.0a39",
    what: "bypassing permissions, and SQL in the names of columns",
    fixed: { 0: "0.65.4", 1: "1.0a39" },
  },
  {
    id: "security fixes of 1.0a33",
    what: "SQL in the names of tables, and links that lead to other sites",
    fixed: { 0: "0.65.4", 1: "1.0a33" },
  },
  {
    id: "CVE-2025-64481",
    what: "links that lead to other sites",
    fixed: { 0: "0.65.2", 1: "1.0a21" },
  },
  {
    id: "GHSA-7ch3-7pp7-7cpq",
    what: "reading the names of private tables",
    fixed: { 1: "1.0a4" },
  },
  {
    id: "CVE-2021-32670",
    what: "links that run scripts",
    fixed: { 0: "0.56.1" },
  },
];

/**
 * @param {string} version  of Datasette; "pre" is the newest, in which none is known
 * @returns {Advisory[]} those that it has
 */
export function advisoriesOf(version) {
  if (version === "pre") return [];
  const [major] = sortable(version);
  return ADVISORIES.filter(({ fixed }) => {
    const first = fixed[major];
    return first !== undefined && isBefore(version, first);
  });
}

/**
 * @param {string} a  versions of the forms 0.65.2 and 1.0a40 (PEP 440)
 * @param {string} b
 * @returns {boolean}
 */
function isBefore(a, b) {
  const [left, right] = [sortable(a), sortable(b)];
  const index = left.findIndex((number, place) => number !== right[place]);
  return index >= 0 && left[index] < right[index];
}

const STAGES = ["dev", "a", "b", "rc", ""];

/**
 * @param {string} version
 * @returns {number[]} major, minor, patch, the stage's place in STAGES and its number
 */
function sortable(version) {
  const [, release = "0", stage = "", number = "0"] =
    /^v?(\d+(?:\.\d+)*)(?:\.?(a|b|rc|dev)(\d+))?/.exec(version) ?? [];
  const [major, minor = 0, patch = 0] = release.split(".").map(Number);
  return [major, minor, patch, STAGES.indexOf(stage), Number(number)];
}
