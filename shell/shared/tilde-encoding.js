/**
 * Datasette's own escapes in addresses, “~2F” for a slash, which hosts and browsers leave alone.
 * https://docs.datasette.io/en/latest/internals.html#tilde-encoding
 */

/**
 * @param {string} name  of a database, table or row
 * @returns {string} as it is written in an address
 */
export function tildeEncoded(name) {
  return Array.from(new TextEncoder().encode(name), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[\w-]/.test(character)) return character;
    return character === " " ? "+" : `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
