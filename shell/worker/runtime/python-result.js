/**
 * What bootstrap.py's methods return.
 */

import { fromWire } from "../../shared/errors.js";

/**
 * @param {string} outcome  JSON
 * @returns {any}
 * @throws {import("../../shared/errors.js").LiteError}
 */
export function valueOf(outcome) {
  const { value, error } = JSON.parse(outcome);
  if (error) throw fromWire(error);
  return value;
}
