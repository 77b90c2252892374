/**
 * Writes rows as JSON for Python, in portions of about the same size, however wide the rows are.
 */

import { numbersBeyondJson } from "./plain-values.js";

/** Characters of JSON in a portion, approximately. */
const SIZE = 512 * 1024;

export class RowPortions {
  /** How many rows the next portion should have. */
  length = 200;

  /**
   * @param {unknown[][]} rows  at least one
   * @returns {string} JSON: a list of rows, each a list of values
   */
  toJson(rows) {
    const json = numbersBeyondJson(JSON.stringify(rows));
    this.length = Math.max(1, Math.round((rows.length * SIZE) / json.length));
    return json;
  }
}
