/**
 * What the attribute `height` means.
 */

/**
 * @param {string | null} value  "420", "420px", "70vh"; "auto", nothing or nonsense: as tall as what is
 *   shown
 * @returns {string | undefined} as CSS has it; undefined for the height of what is shown
 */
export function cssHeight(value) {
  const match = /^(\d+(?:\.\d+)?)(px|vh|svh|lvh|dvh|em|rem)?$/i.exec(value?.trim() ?? "");
  return match ? `${match[1]}${match[2] ?? "px"}` : undefined;
}
