/**
 * Finds columns that would have the same name, which SQLite does not allow: capitals make no difference to it.
 */

/**
 * @param {string[]} names
 * @returns {Array<{name: string, count: number}>} names that several columns have, as the first one spells it
 */
export function sameNames(names) {
  /** @type {Map<string, {name: string, count: number}>} */
  const found = new Map();
  for (const name of names) {
    const same = found.get(name.toLowerCase());
    if (same) same.count += 1;
    else found.set(name.toLowerCase(), { name, count: 1 });
  }
  return [...found.values()].filter(({ count }) => count > 1);
}
