/**
 * Reads the first rows of a CSV file from its first bytes, as Python will read them later
 * (engine/importing/csv_dialect.py). Where that may come out differently, it reads nothing: no rows are
 * better than wrong ones.
 */

// Papa Parse: guesses delimiters and handles quotes, in 7 kB compressed; nothing else does as much.
import Papa from "papaparse";
import { recognise } from "../../shared/file-kinds.js";
import { unpackedHead } from "../../shared/stream.js";

/** @typedef {import("../../shared/protocol.js").SourceHead} SourceHead */
/** @typedef {import("../../shared/link-options.js").ImportOptions} ImportOptions */

/**
 * @typedef {object} FirstRows
 * @property {string[]} columns  their names
 * @property {string[][]} rows   each as long as `columns`
 */

/** How many rows are read at most, and how many bytes of a file that is packed. */
export const MOST_ROWS = 8;
const MOST_BYTES = 64 * 1024;

/** In the order in which Python prefers them. */
const DELIMITERS = [",", "\t", ";", "|"];

/** What the words mean that a link may have in place of a delimiter. */
const WORDS = new Map([
  ["tab", "\t"],
  ["comma", ","],
  ["semicolon", ";"],
  ["bar", "|"],
  ["space", " "],
]);

/** Options that change how the file is divided into values in ways that only Python knows. */
const UNKNOWN = /** @type {const} */ (["quote", "escape", "comment"]);

/**
 * Signs of a file that Python examines more closely, or that Papa Parse reads in another way: NUL, comments,
 * backslashes as escape characters, quotation marks after spaces, an empty value alone in its row.
 */
const DOUBTFUL = /\0|^#|\\[",;\t|]|(^|[,;\t|]) +"|^""$/m;

/** Excel's first line that names the delimiter. */
const SEP_LINE = /^"?sep=([^"\n])"?[ \t]*\n/i;

/** What Python refuses as a delimiter. */
const NO_DELIMITER = /^["\r\n]|../su;

/**
 * @param {SourceHead} head
 * @returns {Promise<FirstRows | undefined>} undefined if there are none yet, or if it is not certain that
 *   Python would read the same ones
 */
export async function readFirstRows({ bytes, isWhole, options }) {
  const { skiprows = 0 } = options;
  if (UNKNOWN.some((name) => options[name] !== undefined) || typeof skiprows !== "number") return;
  const isPacked = recognise(bytes) === "gzip";
  const plain = isPacked ? await unpackedHead(bytes, MOST_BYTES) : bytes;
  if (recognise(plain) !== "text") return;
  const text = decoded(plain, options.encoding)?.replace(/\r\n?/g, "\n");
  if (text === undefined) return;
  const lines = isWhole && !isPacked ? text : wholeLines(text);
  return rowsOf(withoutLines(lines, skiprows), options);
}

/**
 * @param {string} text
 * @param {ImportOptions} options
 * @returns {FirstRows | undefined}
 */
function rowsOf(text, { delimiter, header: hasHeader = true, drop = [] }) {
  const named = SEP_LINE.exec(text);
  const body = named ? text.slice(named[0].length) : text;
  const separator = WORDS.get(delimiter?.toLowerCase() ?? "") ?? delimiter ?? named?.[1] ?? "";
  const isMarkupOrJson = /^\s*[<{[]/.test(body);
  if (isMarkupOrJson || DOUBTFUL.test(body) || NO_DELIMITER.test(separator)) return;
  const { data, errors, meta } = Papa.parse(body, {
    delimiter: separator,
    delimitersToGuess: DELIMITERS,
    preview: MOST_ROWS + (hasHeader ? 1 : 0),
    skipEmptyLines: true,
  });
  // There, Python decides whether quotation marks are part of the values.
  if (meta.delimiter === "\t" && body.includes('"')) return;
  const quotes = errors.filter(({ type }) => type === "Quotes");
  if (quotes.some(({ code }) => code !== "MissingQuotes")) return;
  // A value in quotation marks goes on after the end of the head.
  if (quotes.length > 0) data.pop();
  const [first = []] = data;
  const width = first.length;
  if (data.length < 2 || isTitle(first) || data.some((row) => row.length > width)) return;
  if (!separator && isAmbiguous(data, meta.delimiter)) return;
  const header = hasHeader ? data.shift() : undefined;
  const names = Array.from(
    { length: width },
    (_, at) => header?.[at].trim() || `untitled_${at + 1}`,
  );
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (distinct.size < width) return; // Python would give some of them other names
  const kept = names.map((name) => !drop.includes(name));
  if (!kept.includes(true)) return;
  const columns = names.filter((_, index) => kept[index]);
  const full = data.map((row) => names.map((_, index) => row[index] ?? ""));
  return { columns, rows: full.map((row) => row.filter((_, index) => kept[index])) };
}

/**
 * @param {string[][]} rows
 * @param {string} guess
 * @returns {boolean} whether another delimiter might divide them as well
 */
function isAmbiguous(rows, guess) {
  const [{ length: width }] = rows;
  const isClear = width > 1 && rows.every((row) => row.length === width);
  return DELIMITERS.some((delimiter) => {
    if (delimiter === guess && width > 1) return false;
    const has = (/** @type {string[]} */ row) => row.some((value) => value.includes(delimiter));
    return isClear ? rows.every(has) : rows.some(has);
  });
}

/**
 * @param {string[]} row  the first one
 * @returns {boolean} whether it may be a title that stands above the header
 */
function isTitle(row) {
  return row.filter((value) => value.trim() !== "").length < Math.min(row.length, 2);
}

/**
 * @param {Uint8Array} bytes
 * @param {string} [encoding]  as the link gives it
 * @returns {string | undefined} without a byte order mark; undefined if they are not in that encoding
 */
function decoded(bytes, encoding) {
  const mark = [...bytes.subarray(0, 2)].join();
  const marked = mark === "255,254" ? "utf-16le" : mark === "254,255" ? "utf-16be" : undefined;
  if (marked && encoding) return undefined; // they may contradict each other
  try {
    const decoder = new TextDecoder(marked ?? encoding ?? "utf-8", { fatal: true });
    return decoder.decode(bytes, { stream: true }); // the last character may be cut
  } catch {
    return undefined;
  }
}

/** @param {string} text */
function wholeLines(text) {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

/**
 * @param {string} text
 * @param {number} count
 */
function withoutLines(text, count) {
  return text.split("\n").slice(count).join("\n");
}
