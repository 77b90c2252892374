/**
 * Converts values of binary formats to what JSON can carry to Python, without losing a digit.
 */

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Let the worker do something else. */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @type {Record<string, bigint>} */
export const NANOSECONDS = { MILLIS: 1_000_000n, MICROS: 1000n, NANOS: 1n };

export const SECONDS_A_DAY = 86_400n;
const NANOSECONDS_A_SECOND = 1_000_000_000n;

/**
 * @param {bigint | number | null | undefined} value
 * @param {bigint} unit  in nanoseconds
 * @returns {any} any, since hyparquet takes the result to be a Date
 */
export function moment(value, unit) {
  if (value === undefined || value === null) return value;
  const nanoseconds = BigInt(value) * unit;
  const ofDay = modulo(nanoseconds, SECONDS_A_DAY * NANOSECONDS_A_SECOND);
  const day = isoDay((nanoseconds - ofDay) / NANOSECONDS_A_SECOND);
  return day === undefined ? String(value) : `${day}T${timeOfDay(ofDay)}`;
}

/**
 * @param {bigint} seconds  since 1970
 * @returns {any} undefined beyond the range of dates
 */
export function isoDay(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.valueOf()) ? undefined : date.toISOString().split("T")[0];
}

/**
 * @param {bigint} nanoseconds  since midnight
 * @returns {string}
 */
export function timeOfDay(nanoseconds) {
  const seconds = Number(nanoseconds / NANOSECONDS_A_SECOND);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
  const fraction = modulo(nanoseconds, NANOSECONDS_A_SECOND);
  if (fraction === 0n) return time;
  // Six digits where they are enough, as isoformat() does.
  return `${time}.${String(fraction).padStart(9, "0").replace(/000$/, "")}`;
}

/**
 * @param {bigint} value
 * @param {bigint} divisor
 * @returns {bigint} never negative
 */
function modulo(value, divisor) {
  return ((value % divisor) + divisor) % divisor;
}

/**
 * @param {any} value
 * @returns {any} a value that JSON can carry
 */
export function plain(value) {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : `${BEYOND}${value}`;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return textOf(value) ?? bytesInJson(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(/** @type {any[]} */ (value), (item) => plain(item) ?? null);
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

/**
 * @param {bigint} value  without its decimal point
 * @param {number} scale  digits after the point
 * @returns {number | string} text where a number would lose digits
 */
export function decimal(value, scale) {
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  if (scale <= 0) {
    const whole = sign + digits + "0".repeat(-scale);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  const text = `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  // Floats keep any fifteen digits distinct.
  return digits.replace(/^0+/, "").length <= 15 ? Number(text) : text;
}

/**
 * @param {string[]} names  of columns; formats of rows allow several with the same name
 * @returns {string[]} the same, with _2, _3 and so on where a name occurs again
 */
export function distinctNames(names) {
  const taken = new Set(names);
  /** @type {Set<string>} */
  const used = new Set();
  return names.map((name) => {
    let free = name;
    for (let number = 2; used.has(free) || (free !== name && taken.has(free)); number++) {
      free = `${name}_${number}`;
    }
    used.add(free);
    return free;
  });
}

/** JSON has neither infinite numbers nor NaN, but Python's reader knows them by name. */
const BEYOND = "\u{10FFFF}";

/** @param {string} json */
export function numbersBeyondJson(json) {
  return json.includes(BEYOND)
    ? json.replace(new RegExp(`"${BEYOND}(-?Infinity|NaN)"`, "gu"), "$1")
    : json;
}

/**
 * @param {any} value
 * @returns {string | undefined} undefined for bytes that are not text
 */
export function textOf(value) {
  if (!(value instanceof Uint8Array)) return value;
  try {
    const text = strictUtf8.decode(value);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {{$base64: true, encoded: string}} as Datasette writes them
 */
export function bytesInJson(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return { $base64: true, encoded: btoa(binary) };
}

/**
 * @param {unknown} value  a value from `plain`
 * @returns {unknown} what to show of it; NaN becomes NULL
 */
export function shownNumber(value) {
  if (typeof value !== "string" || !value.startsWith(BEYOND)) return value;
  const name = value.slice(BEYOND.length);
  return name === "NaN" ? null : name;
}
