/**
 * Whether to download ahead of need.
 */

/**
 * @returns {boolean} whether the person's connection is one to be sparing with, as far as the browser
 *   tells
 */
export function isThrifty() {
  const { connection } = /** @type {any} */ (navigator);
  if (!connection) return false;
  return (
    connection.saveData === true ||
    connection.type === "cellular" ||
    ["slow-2g", "2g"].includes(connection.effectiveType)
  );
}
