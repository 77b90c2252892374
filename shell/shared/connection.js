/**
 * Decides whether to download files before they are needed.
 */

/**
 * @returns {boolean} whether to save data on the person's connection, as far as the browser says
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
