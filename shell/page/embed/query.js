/**
 * SQL of the page around the frame, run by Datasette like any other query: it may only read, for as long
 * as Datasette lets queries run, and gets as many rows as Datasette gives out at a time.
 */

import { tildeEncoded } from "../../shared/tilde-encoding.js";

/** @typedef {import("../../shared/embed-messages.js").QueryRequest} QueryRequest */
/** @typedef {import("../../shared/embed-messages.js").Rows} Rows */

/**
 * @param {string} home  address of the workspace
 * @param {QueryRequest} request
 * @returns {Promise<{value: Rows} | {error: string}>}
 */
export async function runQuery(home, { database, sql, parameters }) {
  const query = new URLSearchParams({ ...parameters, sql, _shape: "arrays", _extra: "columns" });
  let answer;
  try {
    const response = await fetch(`${home}${tildeEncoded(database)}/-/query.json?${query}`);
    answer = await response.json();
  } catch {
    return { error: "The query was not answered. The data may just be starting again: try again." };
  }
  if (answer.ok === false || !Array.isArray(answer.rows)) {
    return { error: answer.error ?? answer.title ?? "Datasette did not run this query." };
  }
  const { columns = [], rows, truncated } = answer;
  return { value: { columns, rows, truncated: truncated === true } };
}
