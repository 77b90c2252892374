/**
 * An embed's frame and the messages between the two. Only messages from this frame's window and the site's
 * origin are accepted, and messages are sent only to the site's origin.
 */

import { embedMessage, frameName, readReport } from "../shared/embed-messages.js";

/** @typedef {import("../shared/embed-messages.js").Theme} Theme */
/** @typedef {import("../shared/embed-messages.js").EmbedReport} EmbedReport */
/** @typedef {import("../shared/embed-messages.js").EmbedRequest} EmbedRequest */
/** @typedef {import("../shared/embed-messages.js").QueryRequest} QueryRequest */
/** @typedef {import("../shared/embed-messages.js").Rows} Rows */

/** ms to wait for the first message of a page in the frame. */
const PATIENCE = 10_000;

/** @typedef {{message: QueryRequest, resolve: (rows: Rows) => void, reject: (error: Error) => void}} Query */

export class Connection {
  #origin;
  #onReport;
  #isReady = false;
  /** Pages that have loaded in the frame, and those that have said so themselves. */
  #loads = 0;
  #pages = 0;
  /** @type {string | undefined} page to go to */
  #nextPath;
  #count = 0;
  /** @type {Map<string, Query>} those without an answer */
  #queries = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;

  /**
   * @param {object} about
   * @param {string} about.link   the address that the frame opens
   * @param {string} about.title  the frame's title
   * @param {Theme} about.theme
   * @param {(report: EmbedReport) => void} about.onReport
   * @param {(isFirst: boolean) => void} about.onSilence  called if a page in the frame sends nothing: the
   *   first one is then not the site's; a later one only offers to open a tab
   */
  constructor({ link, title, theme, onReport, onSilence }) {
    this.#origin = new URL(link).origin;
    this.#onReport = onReport;
    this.frame = document.createElement("iframe");
    Object.assign(this.frame, { name: frameName(theme), title, allow: "clipboard-write" });
    this.frame.setAttribute("part", "frame");
    this.frame.src = link;
    this.frame.addEventListener("load", () => {
      this.#loads++;
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => {
        if (this.#loads > this.#pages) onSilence(this.#pages === 0);
      }, PATIENCE);
    });
    addEventListener("message", this.#hear);
  }

  /** Call this when the frame is gone. */
  close() {
    removeEventListener("message", this.#hear);
    clearTimeout(this.#patience);
    for (const { reject } of this.#queries.values()) reject(new Error("The embed was closed."));
    this.#queries.clear();
  }

  /**
   * Show another page, once the frame has one that listens.
   *
   * @param {string} path
   */
  navigate(path) {
    if (this.#isReady) this.send({ type: "navigate", path });
    else this.#nextPath = path;
  }

  /** @param {EmbedRequest} message  lost while no page of the site is in the frame */
  send(message) {
    this.frame.contentWindow?.postMessage(embedMessage(message), this.#origin);
  }

  /**
   * @param {Omit<QueryRequest, "type" | "id">} query
   * @returns {Promise<Rows>}
   */
  query(query) {
    const id = `${++this.#count}`;
    return new Promise((resolve, reject) => {
      /** @type {QueryRequest} */
      const message = { type: "query", id, ...query };
      this.#queries.set(id, { message, resolve, reject });
      if (this.#isReady) this.send(message);
    });
  }

  /** @param {MessageEvent} event */
  #hear = ({ source, origin, data }) => {
    if (source !== this.frame.contentWindow || origin !== this.#origin) return;
    const report = readReport(data);
    if (!report) return;
    if (report.type === "loading") {
      this.#pages++;
      this.#isReady = false;
    }
    if (report.type === "ready") this.#begin();
    if (report.type === "error") this.#goOn();
    if (report.type === "result") this.#settle(report);
    else this.#onReport(report);
  };

  /** Repeat queries that the previous page did not answer. */
  #begin() {
    this.#isReady = true;
    for (const { message } of this.#queries.values()) this.send(message);
    this.#goOn();
  }

  #goOn() {
    if (this.#nextPath !== undefined) this.send({ type: "navigate", path: this.#nextPath });
    this.#nextPath = undefined;
  }

  /** @param {import("../shared/embed-messages.js").ResultReport | import("../shared/embed-messages.js").FailureReport} report */
  #settle(report) {
    const query = this.#queries.get(report.id);
    if (!query) return;
    this.#queries.delete(report.id);
    if ("error" in report) query.reject(new Error(report.error));
    else query.resolve(report.value);
  }
}
