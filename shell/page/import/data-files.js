/**
 * Chooses which of a folder's files to look at, by their names. Their bytes decide what they are.
 */

import { isJournal } from "../../shared/journals.js";
import { kindFromName } from "../../shared/remote-urls.js";

/**
 * @param {string} name
 * @returns {boolean}
 */
export function looksLikeData(name) {
  return /\.zip$/i.test(name) || isJournal(name) || kindFromName(name) !== null;
}
