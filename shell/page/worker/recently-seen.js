/**
 * Decides whether a hidden page should let go of its workspace, so that the browser can stop it: once
 * people have looked at as many others since as this device can run.
 *
 * Pages tell each other which workspace came into view. Nothing has to count the running ones, and a
 * page that is closed or killed leaves nothing behind.
 */

import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/scopes.js").Role} Role */

const CHANNEL = `datasette-lite ${SITE_ROOT.pathname} in view`;

/**
 * How many workspaces may run beside those in view; each takes 100 to 200 MB.
 *
 * @param {{deviceMemory?: number}} device  GB; only Chromium reports it, up to 8
 * @returns {number}
 */
export function mostInBackground({ deviceMemory = 4 }) {
  if (deviceMemory <= 2) return 1;
  return deviceMemory <= 4 ? 2 : 5;
}

/** The workspaces that others have looked at since this page was last in view. */
export class RecentlySeen {
  /** @type {Set<string>} keys */
  #others = new Set();
  #role;
  #most;
  /** @type {BroadcastChannel | undefined} */
  #channel;

  /**
   * @param {Role} role  the workspace of this page
   * @param {number} [most]
   */
  constructor(role, most = mostInBackground(/** @type {any} */ (navigator))) {
    this.#role = role;
    this.#most = most;
  }

  /** Start to listen, and to tell others when this page comes into view. */
  start() {
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = ({ data }) => this.note(data);
    const tell = () => document.visibilityState === "visible" && this.comeIntoView();
    document.addEventListener("visibilitychange", tell);
    tell();
  }

  comeIntoView() {
    this.#others.clear();
    if (typeof this.#role === "string") this.#channel?.postMessage(this.#role);
  }

  /** @param {unknown} key  of a workspace that came into view */
  note(key) {
    if (typeof key === "string" && key !== this.#role) this.#others.add(key);
  }

  /** @returns {boolean} whether other workspaces need this one's memory more */
  get isLongAgo() {
    return this.#others.size > this.#most;
  }
}
