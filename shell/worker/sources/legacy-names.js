/**
 * Decodes file names in zip files that do not state their encoding, as Windows, DOS and old tools wrote
 * them.
 */

/** Code page 850, from 0x80 on, which Windows uses for zip files in Western Europe. */
const CP850 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤" +
  "ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

const JAPANESE = /^[\u3040-\u30ff\u4e00-\u9fff\uff10-\uff5a]+$/;

/**
 * @param {Uint8Array} bytes  of a name that is not marked as UTF-8
 * @returns {string}
 */
export function legacyName(bytes) {
  // Many tools write UTF-8 without saying so, and no other encoding looks like it.
  const utf8 = decoded(bytes, "utf-8");
  if (utf8 !== undefined) return utf8;
  const japanese = decoded(bytes, "shift_jis");
  const letters = japanese?.replace(/[\0-\x7f]/g, "") ?? "";
  if (japanese !== undefined && letters.length > 1 && JAPANESE.test(letters)) return japanese;
  return Array.from(bytes, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : CP850[byte - 0x80],
  ).join("");
}

/**
 * @param {Uint8Array} bytes
 * @param {string} encoding
 * @returns {string | undefined} undefined where it is not in that encoding
 */
function decoded(bytes, encoding) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
