/**
 * Makes elements, and writes numbers the way people read them.
 *
 * Text is always added as text nodes, so nothing from a link, a file name or an error can become
 * markup.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean>} [attributes]  `false` leaves one out, `true` sets it bare
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * Find the element of this document with the given id, which its HTML file must have.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`This page's HTML has no element with the id “${id}”.`);
  return found;
}

/**
 * @param {readonly string[]} items
 * @returns {string} "a", "a and b", "a, b and c"
 */
export function inWords(items) {
  return new Intl.ListFormat("en-GB", { type: "conjunction" }).format(items);
}

/**
 * How far something has got: "3.1 of 9.4 MB", "12,000 rows", or "" when nothing was counted.
 *
 * @param {{done?: number, total?: number, unit?: "bytes" | "rows"}} amount
 * @returns {string}
 */
export function formatAmount({ done = 0, total, unit }) {
  if (unit === undefined || done + (total ?? 0) === 0) return "";
  if (unit === "rows") {
    const rows = done.toLocaleString("en");
    if (total !== undefined) return `${rows} of ${total.toLocaleString("en")} rows`;
    return done === 1 ? "1 row" : `${rows} rows`;
  }
  return total === undefined
    ? formatBytes(done)
    : `${inUnitOf(done, total)} of ${formatBytes(total)}`;
}

const BYTE_UNITS = /** @type {const} */ ([
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
]);

/**
 * @param {number} bytes
 * @returns {string} in decimal units, as browsers' download lists use them: "9.4 MB"
 */
export function formatBytes(bytes) {
  const [size, name] = byteUnit(bytes);
  return `${decimal(bytes / size, size)} ${name}`;
}

/**
 * @param {number} bytes
 * @param {number} whole  decides the unit, so that the two numbers can be compared at a glance
 */
function inUnitOf(bytes, whole) {
  const [size] = byteUnit(whole);
  return decimal(bytes / size, size);
}

/** @param {number} bytes */
function byteUnit(bytes) {
  return BYTE_UNITS.find(([size]) => bytes >= size) ?? /** @type {const} */ ([1, "bytes"]);
}

/**
 * @param {number} value
 * @param {number} size  of the unit; below a megabyte a fraction adds nothing
 */
function decimal(value, size) {
  const digits = size >= 1e6 ? 1 : 0;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/**
 * @param {number} milliseconds
 * @returns {string} "4.2 s", "1 min 05 s"
 */
export function formatDuration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
