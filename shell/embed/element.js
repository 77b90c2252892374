/**
 * <datasette-lite>: a live Datasette in a page of another site. Until the reader starts it, it is a poster
 * that requests nothing from the site; then it is a frame of the site that exchanges messages with this.
 */

import { inlineAddress, inlineFragment } from "../shared/inline-data.js";
import { WORKER_BLOCKED } from "../shared/errors.js";
import { Connection } from "./connection.js";
import { cssHeight } from "./height.js";
import { inlineSources } from "./inline.js";
import { isOn, LINK_ATTRIBUTES, linkOf, parametersOf, withSearchParams } from "./link.js";
import { made, Poster } from "./poster.js";
import { inTurn } from "./queue.js";
import { embedStyle } from "./style.js";
import { themeAround, watchTheme } from "./theme.js";
import { sizeOf, titleOf } from "./words.js";

/** @typedef {import("../shared/embed-messages.js").EmbedReport} EmbedReport */
/** @typedef {import("../shared/embed-messages.js").Rows} Rows */

/** ms after which the next embed of the page starts, even if this one is not ready. */
const LONGEST_TURN = 120_000;

/** How near to the viewport an embed starts automatically, if it may. */
const NEARBY = "200px";

/** Address of the site, with the slash: the folder of the script that defines the element. */
const siteRoot = new URL(".", ownScript()).href;

export class DatasetteLite extends HTMLElement {
  static observedAttributes = [
    ...LINK_ATTRIBUTES,
    ...["path", "search-params", "height", "theme", "prompt", "new-tab", "label", "size", "load"],
  ];

  #poster = new Poster(() => void this.start());
  #stage = made("div", "stage");
  #full = made("a");
  #status = made("p", "visually-hidden");
  /** @type {Connection | undefined} */
  #connection;
  /** @type {import("./link.js").Pairs} */
  #parameters = [];
  #inline = "";
  /** @type {import("../shared/embed-messages.js").Theme | undefined} */
  #sentTheme;
  #path = "";
  #isReady = false;
  #isStarting = false;
  #isRefused = false;
  /** @type {Promise<void>} settled when the parameters are known */
  #described = Promise.resolve();
  /** @type {Set<string>} changed attributes that were not handled yet */
  #changed = new Set();
  /** @type {() => void} */
  #endTurn = () => {};
  /** @type {Array<() => void>} to be called when the element leaves the page */
  #undo = [];

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [embedStyle()];
    this.#status.setAttribute("role", "status");
    Object.assign(this.#full, { target: "_blank", rel: "noopener", textContent: "Open full size" });
    const bar = made("p", "bar");
    bar.append(this.#full);
    root.append(this.#poster.box, this.#stage, bar, this.#status);
  }

  connectedCallback() {
    this.#undo = [watchTheme(() => this.#followTheme())];
    this.#described = whenParsed().then(() => this.#describe());
    if (this.getAttribute("load") === "visible") this.#startNearby();
  }

  disconnectedCallback() {
    for (const undo of this.#undo) undo();
    this.#stop();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    // Several are often changed at once.
    if (this.#changed.size === 0) queueMicrotask(() => this.#heed());
    this.#changed.add(name);
  }

  /** @returns {string} the page that is shown, within the workspace: "/data/t?_sort=x" */
  get path() {
    return this.#isReady ? this.#path : this.#firstPath;
  }

  /** @returns {string} the page that the attributes name */
  get #firstPath() {
    const path = this.getAttribute("path") ?? "/";
    return withSearchParams(path, this.getAttribute("search-params"), location.search);
  }

  /**
   * Start it, as a click on its button does.
   *
   * @returns {Promise<void>} settled when it is ready or has failed
   */
  async start() {
    if (this.#connection || this.#isStarting || this.#isRefused) return;
    this.#isStarting = true;
    this.#poster.wait();
    await this.#described;
    return inTurn(() => this.#open());
  }

  /**
   * Show another page, once there is one.
   *
   * @param {string} path  within the workspace
   */
  navigate(path) {
    if (this.#connection) this.#connection.navigate(path);
    else this.setAttribute("path", path);
  }

  /**
   * Run SQL that only reads. Starts the embed if necessary.
   *
   * @param {string} database
   * @param {string} sql
   * @param {Record<string, string | number>} [parameters]  for :names in the SQL
   * @returns {Promise<Rows>} rejected with a sentence by Datasette
   */
  async query(database, sql, parameters = {}) {
    await this.start();
    if (!this.#connection) throw new Error("Datasette does not run in this page.");
    const texts = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
    return this.#connection.query({ database, sql, parameters: Object.fromEntries(texts) });
  }

  /** Find out what to open, and show it on the poster. */
  async #describe() {
    this.#path = this.#firstPath;
    this.#parameters = parametersOf((name) => this.getAttribute(name), document.baseURI);
    try {
      const sources = inlineSources(this);
      if (!isSecureContext) throw new RangeError(NOT_SECURE);
      this.#inline = await inlineFragment(sources);
      for (const { parameter, ...file } of sources) {
        this.#parameters.push([parameter, siteRoot + (await inlineAddress(file))]);
      }
    } catch (error) {
      this.#refuse(error instanceof RangeError ? error.message : String(error));
    }
    const words = {
      title: this.#title,
      size: sizeOf(FIRST_DOWNLOAD, this.getAttribute("size")),
      prompt: this.getAttribute("prompt") || "Explore this data",
      newTab: isOn(this.getAttribute("new-tab")),
    };
    if (!this.#isRefused) this.#poster.say(words);
    this.#poster.keepRoom(this.#fixedHeight);
    this.#linkFullSize();
  }

  get #title() {
    return this.getAttribute("label") || titleOf(this.#parameters, this.#path);
  }

  #linkFullSize() {
    const about = { siteRoot, embedding: undefined, inline: this.#inline };
    this.#full.href = this.#poster.tab.href = linkOf(this.#parameters, this.#path, about);
  }

  /** @returns {Promise<void>} settled when the next one may start */
  #open() {
    if (!this.isConnected) return Promise.resolve();
    const embedding = isOn(this.getAttribute("editable")) ? "edit" : "read";
    const about = /** @type {const} */ ({ siteRoot, embedding, inline: this.#inline });
    const connection = new Connection({
      link: linkOf(this.#parameters, this.#path, about),
      title: this.#title,
      theme: this.#theme,
      onReport: (report) => this.#hear(report),
      onSilence: (isFirst) => (isFirst ? this.#refuse(SILENT) : this.#endTurn()),
    });
    this.#connection = connection;
    const hadFocus = this.shadowRoot?.activeElement === this.#poster.button;
    const before = this.#poster.box.getBoundingClientRect().height;
    connection.frame.style.height = this.#fixedHeight ?? `${Math.ceil(before)}px`;
    this.#poster.box.hidden = true;
    this.#stage.replaceChildren(connection.frame);
    if (hadFocus) connection.frame.focus();
    this.#status.textContent = "Datasette is starting.";
    return new Promise((resolve) => {
      this.#endTurn = resolve;
      setTimeout(resolve, LONGEST_TURN);
    });
  }

  /** Show the poster again. */
  #stop() {
    this.#connection?.close();
    this.#connection = undefined;
    this.#isReady = this.#isStarting = false;
    this.#stage.replaceChildren();
    this.#poster.box.hidden = false;
    this.#poster.button.removeAttribute("aria-disabled");
    this.#endTurn();
  }

  /** @param {EmbedReport} report */
  #hear(report) {
    switch (report.type) {
      case "height":
        if (this.#connection && this.#fixedHeight === undefined) {
          this.#connection.frame.style.height = `${report.height + BORDERS}px`;
        }
        return;
      case "ready": {
        const { path, title } = report;
        const isFirst = !this.#isReady;
        if (isFirst) this.#keepFocus();
        this.#isReady = true;
        this.#path = path;
        this.#linkFullSize();
        // Messages sent while the page was loading may be lost.
        this.#sentTheme = undefined;
        this.#followTheme();
        this.#status.textContent = isFirst ? "Datasette is ready." : "";
        this.#endTurn();
        this.dispatchEvent(
          new CustomEvent(isFirst ? "ready" : "navigate", { detail: { path, title } }),
        );
        return;
      }
      case "error": {
        const { name, message, hint } = report;
        this.#endTurn();
        if (name === WORKER_BLOCKED) this.#refuse(BLOCKED);
        this.dispatchEvent(new CustomEvent("error", { detail: { name, message, hint } }));
      }
    }
  }

  /** If the frame has the focus, give it to the frame's new page. */
  #keepFocus() {
    const frame = this.#connection?.frame;
    if (!frame || this.shadowRoot?.activeElement !== frame) return;
    frame.blur();
    frame.focus();
  }

  /**
   * Show that it cannot run in this page.
   *
   * @param {string} sentence
   */
  #refuse(sentence) {
    this.#stop();
    this.#isRefused = true;
    this.#poster.refuse(sentence);
  }

  /** Apply changed attributes. */
  #heed() {
    const changed = this.#changed;
    this.#changed = new Set();
    const isOther = LINK_ATTRIBUTES.some((name) => changed.has(name));
    const wasOpen = this.#connection !== undefined;
    if (isOther) {
      this.#isRefused = false;
      this.#stop();
    }
    if (wasOpen && !isOther) {
      if (changed.has("path")) this.navigate(this.#firstPath);
      if (changed.has("theme")) this.#followTheme();
      if (changed.has("height") && this.#connection) {
        this.#connection.frame.style.height =
          this.#fixedHeight ?? this.#connection.frame.style.height;
      }
      return;
    }
    this.#described = this.#described.then(() => this.#describe());
    if (wasOpen) void this.start();
  }

  get #fixedHeight() {
    return cssHeight(this.getAttribute("height"));
  }

  get #theme() {
    const wanted = this.getAttribute("theme");
    return wanted === "light" || wanted === "dark" ? wanted : themeAround(this);
  }

  #followTheme() {
    const theme = this.#theme;
    if (!this.#connection || theme === this.#sentTheme) return;
    this.#sentTheme = theme;
    this.#connection.send({ type: "theme", theme });
  }

  #startNearby() {
    // Readers who save data decide for themselves.
    const { connection } = /** @type {Navigator & {connection?: {saveData?: boolean}}} */ (
      navigator
    );
    if (connection?.saveData) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        void this.start();
      },
      { rootMargin: NEARBY },
    );
    observer.observe(this);
    this.#undo.push(() => observer.disconnect());
  }
}

/** Pixels of a frame's borders, which its page does not know about. */
const BORDERS = 2;

const BLOCKED =
  "This browser does not let a page inside another page store anything, as in private windows, so this " +
  "cannot run here.";

const SILENT = "Nothing arrived in this frame: the site may be down, or this page may not show it.";

const NOT_SECURE = "This page came over plain http, where browsers do not let Datasette run.";

/** @returns {string} address of this script */
function ownScript() {
  const { currentScript } = document;
  if (currentScript instanceof HTMLScriptElement && currentScript.src) return currentScript.src;
  // A module has no current script.
  const scripts = [...document.querySelectorAll("script[src]")];
  const own = scripts.find((script) =>
    /\/embed\.js(?:[?#]|$)/.test(script.getAttribute("src") ?? ""),
  );
  return new URL(own?.getAttribute("src") ?? ".", document.baseURI).href;
}

/** @returns {Promise<void>} settled when the contents of elements are parsed */
function whenParsed() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) =>
    document.addEventListener("DOMContentLoaded", () => resolve(), { once: true }),
  );
}
