/** Puts what goes wrong with packages into words. */

import { shown } from "../../shared/requirement.js";

/** @typedef {import("../../shared/errors.js").WireError} WireError */

/** @type {WireError} */
export const STUCK = {
  name: "PluginsStuck",
  message:
    "This was opened without its plugins, because two starts with them never finished: one of them may " +
    "keep Datasette from starting.",
  hint: "Remove the one responsible on the page “Plugins”, or try again.",
  source: "",
};

/** @type {WireError} */
export const PAUSED = {
  name: "PluginsStuck",
  message: "This was opened without its plugins, as you chose.",
  hint: "Remove the one that hangs on the page “Plugins”, or try them again.",
  source: "",
};

/**
 * @param {string} reason
 * @returns {WireError}
 */
export function allFailed(reason) {
  return {
    name: "PluginError",
    message: `Datasette did not start with its plugins and was opened without them: ${reason}`,
    hint: "Remove them one by one on the page “Plugins” to find the cause.",
    source: "",
  };
}

/**
 * @param {import("../trust/lock.js").Lock["failed"]} failed  of a lock that was imported
 * @returns {import("../trust/lock.js").Lock["failed"]} without sentences that a stranger may have written
 */
export function inOwnWords(failed) {
  return Object.fromEntries(
    Object.entries(failed).map(([requirement, { retry }]) => {
      const message = `${shown(requirement)} could not be installed where this workspace comes from.`;
      return [requirement, { message, hint: "Try it here on the page “Plugins”.", retry }];
    }),
  );
}

/**
 * @param {unknown} error  that Pyodide threw, with Python's traceback in its message
 * @returns {string}
 */
export function lastLine(error) {
  const lines = String(error).trim().split("\n");
  return lines.findLast((line) => /^\w[\w.]*(Error|Exception|Exit)\b/.test(line)) ?? lines[0];
}
