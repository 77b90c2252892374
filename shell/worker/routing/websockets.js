/**
 * Connects WebSockets of pages to the workspaces that they belong to.
 *
 * A worker's messages and requests are events; a socket outlives them. So the page keeps the worker running
 * (shell/page/app/websocket.js), and each side notices by a lock when the browser has ended the other.
 */

import { handshakeHead } from "../bridge/request-head.js";
import { showRun, RUN } from "../storage/run.js";
import { checkedSocket } from "../trust/socket-requests.js";
import { socketLock, whenFree } from "../../shared/locks.js";
import { PROTOCOL_VERSION } from "../../shared/protocol.js";
import { SITE_ROOT } from "../../shared/site.js";

/** How a socket ends that was never open. */
const REFUSED = { closed: { code: 1006, reason: "", wasClean: false } };

/**
 * @param {import("../../shared/protocol.js").WebSocketMessage} message
 * @param {ExtendableMessageEvent} event  that brought it
 * @param {import("../instance/workspaces.js").Workspaces} workspaces
 * @returns {Promise<void>} settled when the handshake is over; never rejected
 */
export async function connectSocket(message, { source, ports: [port] }, workspaces) {
  if (!port) return;
  try {
    const page = source && "url" in source ? source : undefined;
    const wanted = page && checkedSocket(message, page.url, SITE_ROOT);
    if (!wanted || message.v !== PROTOCOL_VERSION) throw new Error("The WebSocket was refused.");
    await showRun();
    port.postMessage({ run: RUN });
    const instance = await (await workspaces.host(wanted.key)).running();
    const head = handshakeHead(wanted.url, wanted.protocols, SITE_ROOT.origin);
    const socket = instance.connect(head, port, page.id);
    const over = new AbortController();
    void socket.closed.then(() => over.abort());
    void whenFree(socketLock(wanted.id), over.signal).then((isFree) => isFree && socket.leave());
    await socket.answered;
  } catch (error) {
    console.warn("A WebSocket could not be opened.", error);
    port.postMessage(REFUSED);
  }
}
