/**
 * Carries a WebSocket between a page and an ASGI server in Python, over a MessagePort.
 *
 * The page's side is shell/page/app/websocket.js, which looks like the browser's WebSocket to scripts. The
 * Python side is engine/asgi/websocket.py, which calls the methods of `Socket` that say so. shared/protocol.js
 * defines the messages. Nothing is sent to the page before what the application wrote until then is saved.
 */

/** Close codes (RFC 6455, section 7.4, and the IANA registry for 1012). */
const GOING_AWAY = 1001;
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;
const SERVICE_RESTART = 1012;

const FAILED = { code: INTERNAL_ERROR, reason: "", wasClean: false };

/** @typedef {import("../../shared/protocol.js").SocketClosing} SocketClosing */
/** @typedef {import("../../shared/protocol.js").SocketNews} SocketNews */

export class Socket {
  /** @type {Promise<void>} settled when the handshake has ended, one way or the other */
  answered;
  /** @type {Promise<void>} settled when the socket is closed */
  closed;
  #port;
  #settle;
  #onAnswered = () => {};
  #onClosed = () => {};
  #isOpen = true;
  /** @type {Array<string | Uint8Array>} messages that the application has not received yet */
  #received = [];
  /** @type {(() => void) | undefined} tells the application, which waits, that there is something */
  #onReceived;
  /** @type {SocketClosing | undefined} how the page closed it */
  #closing;
  /** @type {Promise<void>} settled when all that was to be sent so far has been */
  #sending = Promise.resolve();

  /**
   * @param {MessagePort} port  to the page
   * @param {() => Promise<void>} settle  settled when all that was written so far is saved; rejected if it
   *   cannot be
   */
  constructor(port, settle) {
    this.#port = port;
    this.#settle = settle;
    this.answered = new Promise((resolve) => (this.#onAnswered = () => resolve(undefined)));
    this.closed = new Promise((resolve) => (this.#onClosed = () => resolve(undefined)));
    port.onmessage = ({ data }) => this.#take(data);
  }

  /** @param {string | ArrayBuffer | {close: SocketClosing}} message  from the page */
  #take(message) {
    if (typeof message === "string") this.#deliver(message);
    else if (message instanceof ArrayBuffer) this.#deliver(new Uint8Array(message));
    else {
      const { code, reason } = message.close;
      this.#hangUp({ code, reason });
      this.#end({ code, reason, wasClean: true });
    }
  }

  /** @param {string | Uint8Array} message */
  #deliver(message) {
    this.#received.push(message);
    this.#wake();
  }

  #wake() {
    this.#onReceived?.();
    this.#onReceived = undefined;
  }

  /**
   * For Python: whether receive() has something to return. Most messages need not be waited for, and
   * waiting costs more than all the rest.
   *
   * @returns {boolean}
   */
  get isReady() {
    return this.#received.length > 0 || this.#closing !== undefined;
  }

  /**
   * For Python.
   *
   * @returns {Promise<void>} settled when receive() has something to return
   */
  async ready() {
    if (!this.isReady)
      await new Promise((resolve) => (this.#onReceived = () => resolve(undefined)));
  }

  /**
   * For Python: the next message of the page, when it is ready.
   *
   * @returns {string | Uint8Array | undefined} undefined when the page has closed the socket
   */
  receive() {
    return this.#received.shift();
  }

  /** For Python: the code with which the page closed the socket. @returns {number} */
  get closeCode() {
    return this.#closing?.code ?? ABNORMAL;
  }

  /** For Python: the reason that the page gave. @returns {string} */
  get closeReason() {
    return this.#closing?.reason ?? "";
  }

  /**
   * For Python: open the socket.
   *
   * @param {string} protocol  "" for none
   */
  accept(protocol) {
    this.#send({ accepted: { protocol } });
    this.#onAnswered();
  }

  /** For Python: refuse to open it. Scripts learn no more than that: https://websockets.spec.whatwg.org/ */
  refuse() {
    this.#end({ code: ABNORMAL, reason: "", wasClean: false });
  }

  /**
   * For Python.
   *
   * @param {string | Uint8Array} message
   */
  send(message) {
    if (typeof message === "string") this.#send(message);
    else {
      const { buffer } =
        message.byteLength === message.buffer.byteLength ? message : message.slice();
      this.#send(/** @type {ArrayBuffer} */ (buffer));
    }
  }

  /**
   * For Python: close the socket.
   *
   * @param {number} code
   * @param {string} reason
   */
  close(code, reason) {
    this.#end({ code, reason, wasClean: true });
  }

  /** The instance is about to stop; the page may connect to the next one. */
  restart() {
    this.#hangUp({ code: SERVICE_RESTART, reason: "" });
    this.#end({ code: SERVICE_RESTART, reason: "The workspace was restarted.", wasClean: true });
  }

  /** The page has gone without saying so. */
  leave() {
    this.#hangUp({ code: GOING_AWAY, reason: "" });
    this.#end({ code: GOING_AWAY, reason: "", wasClean: false });
  }

  /** Python has broken down, or something could not be saved. */
  fail() {
    this.#end(FAILED, async () => {});
  }

  /**
   * Let the application know that no more messages will come.
   *
   * @param {SocketClosing} closing
   */
  #hangUp(closing) {
    this.#closing ??= closing;
    this.#wake();
  }

  /**
   * @param {SocketNews} news
   * @param {() => Promise<void>} [settle]
   */
  #send(news, settle = this.#settle) {
    if (!this.#isOpen) return;
    const transfer = news instanceof ArrayBuffer ? [news] : [];
    this.#sending = this.#sending
      .then(() => settle())
      .then(
        () => this.#port.postMessage(news, transfer),
        () => (this.#isOpen ? this.fail() : this.#port.postMessage({ closed: FAILED })),
      );
  }

  /**
   * @param {SocketClosing & {wasClean: boolean}} closed
   * @param {() => Promise<void>} [settle]
   */
  #end(closed, settle) {
    if (!this.#isOpen) return;
    this.#send({ closed }, settle);
    this.#isOpen = false;
    this.#onAnswered();
    void this.#sending.then(() => {
      this.#port.close();
      this.#onClosed();
    });
  }
}
