/**
 * Gives the scripts of a workspace's page a WebSocket that reaches the application in the service worker.
 *
 * Browsers do not let service workers answer WebSockets. So addresses of the page's own workspace are
 * connected over a MessagePort (shared/protocol.js; shell/worker/bridge/websocket.js is at the other end). All
 * other addresses get the browser's own WebSocket. Scripts should see no difference:
 * https://websockets.spec.whatwg.org/
 *
 * The browser may end the worker at any time, and with it what the application remembers. The socket then
 * closes with code 1012, “service restart”.
 */

import { hold, runLock, socketLock, whenFree } from "../../shared/locks.js";
import { parseAppPath } from "../../shared/paths.js";
import { ping, webSocketMessage } from "../../shared/protocol.js";
import { SITE_ROOT } from "../../shared/site.js";
import { reloadsHaveHelped } from "../worker/reload-guard.js";

/** ms between two signs of life; browsers end a worker that has had no event for 30 seconds. */
const SIGN_OF_LIFE = 15_000;

const SERVICE_RESTART = 1012;
const NO_CODE = 1005;
const MOST_REASON = 123; // bytes

/** A subprotocol is a token (RFC 6455, section 4.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const BrowserWebSocket = globalThis.WebSocket;
const { CONNECTING, OPEN, CLOSING, CLOSED } = BrowserWebSocket;

/** @type {Set<WorkspaceSocket>} those that are not closed */
const sockets = new Set();

/** @returns {Promise<ServiceWorker>} the one that answers this page's requests */
async function worker() {
  const { controller } = navigator.serviceWorker;
  if (controller) return controller;
  // After a hard reload there is none for the page, but there is one for its address.
  const { active } = await navigator.serviceWorker.ready;
  return /** @type {ServiceWorker} */ (active);
}

class WorkspaceSocket extends EventTarget {
  #url;
  /** @type {number} */
  #readyState = CONNECTING;
  #protocol = "";
  /** @type {BinaryType} */
  #binaryType = "blob";
  #port;
  #over = new AbortController();
  /** @type {Map<string, EventListener>} by type: what was assigned to onopen and its like */
  #assigned = new Map();
  /** @type {Promise<unknown>} settled when what was sent so far is on its way; a Blob has to be read first */
  #sending = Promise.resolve();
  #buffered = 0;

  /**
   * @param {URL} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    super();
    this.#url = url.href;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#take(data);
    sockets.add(this);
    this.#connect(protocols, port2).catch(() => this.#closed(1006, "", false));
  }

  /**
   * @param {string[]} protocols
   * @param {MessagePort} port
   */
  async #connect(protocols, port) {
    const id = crypto.randomUUID();
    const release = await hold(socketLock(id));
    this.#over.signal.addEventListener("abort", release);
    (await worker()).postMessage(webSocketMessage(id, this.#url, protocols), [port]);
  }

  /** @param {import("../../shared/protocol.js").SocketNews} news */
  #take(news) {
    if (typeof news === "string" || news instanceof ArrayBuffer) this.#message(news);
    else if ("run" in news) {
      const { signal } = this.#over;
      void whenFree(runLock(news.run), signal).then((isFree) => {
        if (isFree) this.#closed(SERVICE_RESTART, "The workspace was restarted.", false);
      });
    } else if ("accepted" in news) {
      if (this.#readyState !== CONNECTING) return;
      this.#readyState = OPEN;
      this.#protocol = news.accepted.protocol;
      this.dispatchEvent(new Event("open"));
    } else {
      const { code, reason, wasClean } = news.closed;
      this.#closed(code, reason, wasClean);
    }
  }

  /** @param {string | ArrayBuffer} content */
  #message(content) {
    if (this.#readyState !== OPEN) return;
    const isBlob = typeof content !== "string" && this.#binaryType === "blob";
    const data = isBlob ? new Blob([content]) : content;
    this.dispatchEvent(new MessageEvent("message", { data, origin: new URL(this.#url).origin }));
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} wasClean
   */
  #closed(code, reason, wasClean) {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#over.abort();
    this.#port.close();
    sockets.delete(this);
    if (!wasClean) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }

  /** @param {string | Blob | ArrayBuffer | ArrayBufferView} data */
  send(data) {
    if (this.#readyState === CONNECTING) {
      throw new DOMException("The WebSocket is still connecting.", "InvalidStateError");
    }
    const content =
      data instanceof Blob || data instanceof ArrayBuffer || ArrayBuffer.isView(data)
        ? copied(data)
        : String(data);
    if (this.#readyState !== OPEN) {
      this.#buffered += sizeOf(content);
      return;
    }
    this.#sending = this.#sending.then(async () => {
      const ready = content instanceof Blob ? await content.arrayBuffer() : content;
      this.#port.postMessage(ready, ready instanceof ArrayBuffer ? [ready] : []);
    });
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason = "") {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(
        `The close code must be 1000 or from 3000 to 4999, not ${code}.`,
        "InvalidAccessError",
      );
    }
    if (new TextEncoder().encode(reason).length > MOST_REASON) {
      throw new DOMException(`The reason is longer than ${MOST_REASON} bytes.`, "SyntaxError");
    }
    if (this.#readyState === CLOSING || this.#readyState === CLOSED) return;
    const isConnecting = this.#readyState === CONNECTING;
    this.#readyState = CLOSING;
    void this.#sending.then(() => this.#hangUp(code ?? NO_CODE, reason));
    // The specification fails a socket that was not open yet.
    if (isConnecting) queueMicrotask(() => this.#closed(1006, "", false));
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #hangUp(code, reason) {
    this.#port.postMessage({ close: { code, reason } });
  }

  /** The page is about to go. */
  leave() {
    this.#hangUp(1001, "");
  }

  get url() {
    return this.#url;
  }

  get readyState() {
    return this.#readyState;
  }

  get protocol() {
    return this.#protocol;
  }

  get extensions() {
    return "";
  }

  get bufferedAmount() {
    return this.#buffered;
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(value) {
    if (value === "blob" || value === "arraybuffer") this.#binaryType = value;
  }

  /**
   * @param {string} type
   * @returns {EventListener | null} what was assigned to the attribute for this type of event
   */
  assigned(type) {
    return this.#assigned.get(type) ?? null;
  }

  /**
   * @param {string} type
   * @param {unknown} listener  null for none
   */
  assign(type, listener) {
    const before = this.#assigned.get(type);
    if (before) this.removeEventListener(type, before);
    this.#assigned.delete(type);
    if (typeof listener !== "function") return;
    const added = /** @type {EventListener} */ (listener);
    this.#assigned.set(type, added);
    this.addEventListener(type, added);
  }
}

for (const type of ["open", "message", "error", "close"]) {
  Object.defineProperty(WorkspaceSocket.prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    /** @this {WorkspaceSocket} */
    get() {
      return this.assigned(type);
    },
    /** @this {WorkspaceSocket} @param {unknown} listener */
    set(listener) {
      this.assign(type, listener);
    },
  });
}
// So that `socket instanceof WebSocket` holds, and CONNECTING and its like are there.
Object.setPrototypeOf(WorkspaceSocket.prototype, BrowserWebSocket.prototype);

/**
 * @param {Blob | ArrayBuffer | ArrayBufferView} data
 * @returns {Blob | ArrayBuffer} as it is now; the script may change it afterwards
 */
function copied(data) {
  if (data instanceof Blob) return data;
  if (data instanceof ArrayBuffer) return data.slice(0);
  const { buffer, byteOffset, byteLength } = data;
  return /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * @param {string | Blob | ArrayBuffer} content
 * @returns {number} bytes
 */
function sizeOf(content) {
  if (typeof content === "string") return new TextEncoder().encode(content).length;
  return content instanceof Blob ? content.size : content.byteLength;
}

/**
 * @param {unknown} address  as given to WebSocket
 * @returns {URL | undefined} undefined if it is not in the page's workspace
 */
function ownAddress(address) {
  if (!URL.canParse(String(address), document.baseURI)) return undefined;
  const url = new URL(String(address), document.baseURI);
  url.protocol = url.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(url.protocol) || url.host !== SITE_ROOT.host || url.hash) return undefined;
  const key = parseAppPath(url.pathname, SITE_ROOT.pathname)?.key;
  const own = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key;
  return key !== undefined && key === own ? url : undefined;
}

/**
 * @param {string | string[]} [given]
 * @returns {string[]}
 * @throws {DOMException} a subprotocol is not a token, or there twice
 */
function checkedProtocols(given = []) {
  const protocols = typeof given === "string" ? [given] : Array.from(given, String);
  const wrong = protocols.find((name) => !TOKEN.test(name));
  if (wrong !== undefined) {
    throw new DOMException(`The subprotocol “${wrong}” is invalid.`, "SyntaxError");
  }
  if (new Set(protocols).size < protocols.length) {
    throw new DOMException("A subprotocol is repeated.", "SyntaxError");
  }
  return protocols;
}

globalThis.WebSocket = new Proxy(BrowserWebSocket, {
  construct(target, [address, protocols], newTarget) {
    const url = ownAddress(address);
    if (!url) return Reflect.construct(target, [address, protocols], newTarget);
    return new WorkspaceSocket(url, checkedProtocols(protocols));
  },
});

setInterval(() => {
  if (sockets.size > 0) void worker().then((active) => active.postMessage(ping()));
}, SIGN_OF_LIFE);

addEventListener("pagehide", () => {
  for (const socket of sockets) socket.leave();
});

// This page has come, so whatever had to be loaded again before it did not go on forever.
reloadsHaveHelped();
