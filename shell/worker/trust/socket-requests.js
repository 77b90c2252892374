/**
 * Decides whether a page may open a WebSocket. Any page of this origin can send the message that asks for
 * one, and the worker obeys nobody but the pages of its workspace.
 */

import { parseAppPath } from "../../shared/paths.js";
import { embeddingOf } from "../../shared/recipe.js";

/** A subprotocol is a token (RFC 6455, section 4.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/;

const MOST_PROTOCOLS = 50;
const ID = /^[0-9a-f-]{36}$/;

/**
 * @param {unknown} message  that should be a WebSocketMessage
 * @param {string} page  URL with which the page was created, as the browser says it
 * @param {URL} siteRoot
 * @returns {{key: string, url: URL, protocols: string[], id: string} | undefined} undefined if it is
 *   refused
 */
export function checkedSocket(message, page, siteRoot) {
  const { url, protocols, id } = /** @type {any} */ (message);
  const isMessage =
    typeof url === "string" &&
    URL.canParse(url) &&
    Array.isArray(protocols) &&
    protocols.length <= MOST_PROTOCOLS &&
    protocols.every((name) => typeof name === "string" && TOKEN.test(name)) &&
    typeof id === "string" &&
    ID.test(id);
  if (!isMessage || !URL.canParse(page)) return undefined;
  const wanted = new URL(url);
  const from = new URL(page);
  if (!["ws:", "wss:"].includes(wanted.protocol) || wanted.host !== siteRoot.host) return undefined;
  if (from.origin !== siteRoot.origin) return undefined;
  const key = parseAppPath(wanted.pathname, siteRoot.pathname)?.key;
  if (key === undefined || key !== parseAppPath(from.pathname, siteRoot.pathname)?.key) {
    return undefined;
  }
  // What a socket may change is not known before it is open.
  if (embeddingOf(key) === "read") return undefined;
  return { key, url: wanted, protocols, id };
}
