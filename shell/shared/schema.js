/**
 * Checks of untrusted JSON values against a schema.
 *
 * A schema is a function from a value to the path of the first part that does not fit, such as
 * "sources[0].url", or undefined if all of it fits. An object with a member that the schema does not
 * name does not fit.
 */

/** @typedef {(value: any, path: string) => string | undefined} Schema */

/**
 * @param {(value: any) => boolean} fits
 * @returns {Schema}
 */
export function when(fits) {
  return (value, path) => (fits(value) ? undefined : path);
}

/**
 * @param {number} longest  in UTF-16 code units
 * @param {RegExp} [pattern]
 * @returns {Schema}  a string without lone surrogates, which have no UTF-8 form
 */
export function text(longest, pattern = /^/) {
  return when(
    (value) =>
      typeof value === "string" &&
      value.length <= longest &&
      pattern.test(value) &&
      !/\p{Surrogate}/u.test(value),
  );
}

/**
 * @param {number} [largest]
 * @returns {Schema}  a whole number from 0
 */
export function count(largest = Number.MAX_SAFE_INTEGER) {
  return when((value) => Number.isSafeInteger(value) && value >= 0 && value <= largest);
}

/** @type {Schema} */
export const flag = when((value) => typeof value === "boolean");

/** 9999-12-31, the last day that Python's datetime and an ISO date without a sign can hold. */
const LAST_MOMENT = 253_402_300_799_999;

/** A time in ms since 1970. */
export const moment = count(LAST_MOMENT);

/**
 * @param {...string} values
 * @returns {Schema}
 */
export function oneOf(...values) {
  return when((value) => values.includes(value));
}

/**
 * @param {Schema} schema
 * @returns {Schema}
 */
export function nullable(schema) {
  return (value, path) => (value === null ? undefined : schema(value, path));
}

/**
 * @param {...Schema} schemas
 * @returns {Schema}
 */
export function both(...schemas) {
  return (value, path) => {
    for (const schema of schemas) {
      const fault = schema(value, path);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/**
 * @param {Schema} item
 * @param {number} most  items
 * @returns {Schema}
 */
export function listOf(item, most) {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) return path;
    for (const [index, one] of value.entries()) {
      const fault = item(one, `${path}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/**
 * @param {Record<string, Schema>} required
 * @param {Record<string, Schema>} [optional]
 * @returns {Schema}
 */
export function objectOf(required, optional = {}) {
  const members = new Map(Object.entries({ ...optional, ...required }));
  return (value, path) => {
    if (!isPlainObject(value)) return path;
    const within = (/** @type {string} */ name) => (path === "" ? name : `${path}.${name}`);
    const missing = Object.keys(required).find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return within(missing);
    for (const [name, part] of Object.entries(value)) {
      const schema = members.get(name);
      const fault = schema ? schema(part, within(name)) : within(name);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** Names with a special meaning in any JavaScript object. */
const PROTOTYPE_NAMES = ["__proto__", "constructor", "prototype"];

/**
 * @param {number} deepest  levels of lists and objects
 * @param {number} longest  of a string, and of a list or an object
 * @returns {Schema}  any JSON value within these limits
 */
export function anyJson(deepest, longest) {
  const string = text(longest);
  return (value, path) => {
    if (value === null || typeof value === "boolean" || Number.isFinite(value)) return undefined;
    if (typeof value === "string") return string(value, path);
    if (deepest === 0) return path;
    const inner = anyJson(deepest - 1, longest);
    if (Array.isArray(value)) return listOf(inner, longest)(value, path);
    if (!isPlainObject(value)) return path;
    const entries = Object.entries(value);
    if (entries.length > longest) return path;
    for (const [name, part] of entries) {
      if (PROTOTYPE_NAMES.includes(name)) return `${path}.${name}`;
      const fault = string(name, path) ?? inner(part, `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
