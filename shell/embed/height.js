/**
 * Interprets the attribute `height`.
 */

/**
 * @param {string | null} value  "420", "420px", "70vh"; "auto", nothing or nonsense: as tall as the
 *   content
 * @returns {string | undefined} a CSS length; undefined for the height of the content
 */
export function cssHeight(value) {
  const match = /^(\d+(?:\.\d+)?)(px|vh|svh|lvh|dvh|em|rem)?$/i.exec(value?.trim() ?? "");
  return match ? `${match[1]}${match[2] ?? "px"}` : undefined;
}
