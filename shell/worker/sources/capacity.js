/**
 * Refuses what is too large before it is read, since databases are held in the browser's memory.
 */

import { LiteError } from "../../shared/errors.js";

const GB = 1e9;

/** Python's memory has 4 GB at most, and browsers give a single buffer hardly more than this. */
const MOST_A_FILE = 2 * GB;

/** The device's memory in GB. Only Chromium reports it, up to 8. */
const memory =
  /** @type {{deviceMemory?: number}} */ (globalThis.navigator ?? {}).deviceMemory ?? 4;

/** @returns {number} bytes of the largest file that is accepted */
export function mostBytes() {
  return Math.min(MOST_A_FILE, (memory * GB) / 2);
}

/**
 * @param {number} size  bytes
 * @param {string} source  URL or name
 * @param {"" | "unpacked"} [state]
 * @throws {LiteError} it is too large
 */
export function checkSize(size, source, state = "") {
  const most = mostBytes();
  if (size <= most) return;
  const what = state === "" ? "has" : `has, ${state},`;
  const because =
    most < MOST_A_FILE
      ? `This device has about ${memory} GB of memory, of which half can be used.`
      : "Browsers do not allow more memory for one file.";
  throw new LiteError(
    `${source} ${what} ${inWords(size)}; files of up to ${inWords(most)} can be opened here.`,
    {
      hint: `${because} Open a part of it, or use Datasette on your own computer: https://datasette.io/`,
      source,
      name: "TooLargeError",
    },
  );
}

/** @param {number} bytes */
function inWords(bytes) {
  const [unit, name] = bytes >= GB / 10 ? [GB, "GB"] : [1e6, "MB"];
  return `${(bytes / unit).toLocaleString("en", { maximumFractionDigits: 1 })} ${name}`;
}
