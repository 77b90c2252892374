/**
 * The part of a page in a frame that talks to the page around it: says how tall it is and what it shows,
 * and does what that page asks. Only the page around this very frame is heard, and only about workspaces
 * that are made to be embedded.
 */

import { embedMessage, frameName, readRequest, themeOfFrame } from "../../shared/embed-messages.js";
import { instancePath, pageAddress, parseAppPath } from "../../shared/paths.js";
import { embeddingOf } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";
import { THEME_CHANGED } from "../ui/theme-choice.js";
import { keepLinksInside } from "./links.js";
import { runQuery } from "./query.js";

/** @typedef {import("../../shared/embed-messages.js").EmbedReport} EmbedReport */
/** @typedef {import("../../shared/embed-messages.js").EmbedRequest} EmbedRequest */

export class EmbeddedFrame {
  #key;
  /** Whether this is a page of Datasette, which can run SQL. */
  #isReady = false;

  /** @param {string} key  of the workspace */
  constructor(key) {
    this.#key = key;
    addEventListener("message", (event) => {
      if (event.source !== parent) return;
      const request = readRequest(event.data);
      if (request) void this.#answer(request);
    });
    this.#report({ type: "loading" });
    this.#followHeight();
  }

  /** This is a page of Datasette, and it is there. */
  ready() {
    this.#isReady = true;
    const home = new URL(SITE_ROOT.href + instancePath(this.#key)).pathname;
    const path = `/${location.pathname.slice(home.length)}${location.search}${location.hash}`;
    this.#report({ type: "ready", path, title: document.title });
    keepLinksInside(SITE_ROOT.href + instancePath(this.#key));
  }

  /** @param {import("../../shared/errors.js").WireError} error */
  fail({ name, message, hint }) {
    this.#report({ type: "error", name, message, hint });
  }

  /** @param {EmbedRequest} request */
  async #answer(request) {
    switch (request.type) {
      case "theme":
        if (themeOfFrame(self.name) === undefined) return;
        self.name = frameName(request.theme);
        dispatchEvent(new Event(THEME_CHANGED));
        return;
      case "navigate":
        this.#go(request.path.replace(/^\/+/, ""));
        return;
      case "query": {
        if (!this.#isReady) return;
        const { id } = request;
        const result = await runQuery(SITE_ROOT.href + instancePath(this.#key), request);
        this.#report({ type: "result", id, ...result });
      }
    }
  }

  /** @param {string} path  without a leading slash */
  #go(path) {
    const isLauncher = parseAppPath(location.pathname, SITE_ROOT.pathname) === null;
    // The launcher goes where its address says, once the workspace is open.
    if (isLauncher) location.hash = `#/${path}`;
    else location.assign(pageAddress(SITE_ROOT, this.#key, path));
  }

  #followHeight() {
    const root = document.documentElement;
    let last = -1;
    const tell = () => {
      const height = Math.ceil(root.getBoundingClientRect().height);
      if (height === last) return;
      last = height;
      this.#report({ type: "height", height });
    };
    new ResizeObserver(tell).observe(root);
  }

  /** @param {EmbedReport} report */
  #report(report) {
    // Any page may embed such a workspace, so there is nothing to keep from the one that does.
    parent.postMessage(embedMessage(report), "*");
  }
}

/**
 * @param {string} key  of the workspace that the page is about
 * @returns {EmbeddedFrame | undefined} undefined where no page around this one is to be talked to
 */
export function embeddedFrame(key) {
  return parent !== self && embeddingOf(key) ? new EmbeddedFrame(key) : undefined;
}
