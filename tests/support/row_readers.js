/** Reads whole files with the readers of shell/worker/sources that give rows in portions. */

import { inflateSync } from "node:zlib";

/** @param {string} text */
export const fromBase64 = (text) => new Uint8Array(Buffer.from(text, "base64"));

/** @param {string} text  base64 of deflated bytes */
export const inflated = (text) => new Uint8Array(inflateSync(fromBase64(text)));

/** Return all rows of a reader. */
export async function rowsOf(reader) {
  const rows = [];
  for (let json; (json = await reader.next()) !== undefined;) {
    // What Python's reader of JSON takes and JavaScript's does not.
    const plain = json.replaceAll(/(-?)\bInfinity\b/g, '"$1inf"').replaceAll(/\bNaN\b/g, '"nan"');
    rows.push(...JSON.parse(plain));
  }
  return rows;
}
