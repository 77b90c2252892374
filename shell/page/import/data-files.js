/**
 * Which of a folder's files are worth a look, by their names. What a file is, its bytes decide.
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
