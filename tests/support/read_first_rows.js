/**
 * Reads the first rows of CSV files as the booting page does: node tests/support/read_first_rows.js
 *
 * Standard input is a JSON array of {bytes: base64, isWhole, options}, standard output one of the results,
 * null for none.
 */

import { Buffer } from "node:buffer";
import { text } from "node:stream/consumers";
import process from "node:process";
import { readFirstRows } from "../../shell/page/boot/read-first-rows.js";

const heads = JSON.parse(await text(process.stdin));
const results = [];
for (const { bytes, ...head } of heads) {
  const read = await readFirstRows({ url: "", bytes: Buffer.from(bytes, "base64"), ...head });
  results.push(read ?? null);
}
process.stdout.write(JSON.stringify(results));
