/**
 * Holds the WebSockets that pages have open to a running instance, and ends them when it ends.
 */

import { Socket } from "../bridge/websocket.js";

export class Sockets {
  #serve;
  #settle;
  /** @type {Set<Socket>} */
  #open = new Set();

  /**
   * @param {(head: string, socket: Socket) => Promise<void>} serve  BrowserInstance.connect in bootstrap.py;
   *   rejected if Python breaks down
   * @param {(by: string) => Promise<void>} settle  settled when all that was written so far is saved;
   *   takes the id of the page for which it was written
   */
  constructor(serve, settle) {
    this.#serve = serve;
    this.#settle = settle;
  }

  /**
   * Connect a page to the application.
   *
   * @param {import("../bridge/request-head.js").RequestHead} head
   * @param {MessagePort} port  to the page
   * @param {string} by  id of the page
   * @returns {Socket}
   */
  connect(head, port, by) {
    const socket = new Socket(port, () => this.#settle(by));
    this.#open.add(socket);
    void socket.closed.then(() => this.#open.delete(socket));
    this.#serve(JSON.stringify(head), socket).catch((error) => {
      console.error("A WebSocket has failed.", error);
      socket.fail();
    });
    return socket;
  }

  /** The instance is about to stop. */
  restart() {
    for (const socket of this.#open) socket.restart();
  }
}
