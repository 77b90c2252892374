/**
 * The workspaces that this worker may run: its own, and guests.
 *
 * A page registers a worker for its workspace before it opens it. Registering needs the network. Without
 * it, the worker that answers the workspace's address anyway runs it as a guest: the root's worker, or
 * the default workspace's, whose scopes include every other one. Guests are few, and a guest with unsaved
 * work is never stopped to make room.
 */

import { LiteError } from "../../shared/errors.js";
import { isOfApp } from "../../shared/recipe.js";
import { ROOT } from "../../shared/scopes.js";
import { onStop } from "./occupancy.js";
import { openSharedStore } from "./store-access.js";
import { Workspace } from "./workspace.js";

/** @typedef {import("../../shared/scopes.js").Role} Role */

/** Each takes some 100 MB. */
const MOST_GUESTS = 3;

export class Workspaces {
  #role;
  #onChange;
  /** @type {Map<string, Workspace>} by key */
  #running = new Map();

  /**
   * @param {Role} role  of this worker
   * @param {(key: string, by: string) => void} onChange  called when a workspace's databases were
   *   written to, with the id of the client that asked for it
   */
  constructor(role, onChange) {
    this.#role = role;
    this.#onChange = onChange;
    onStop((key) => void this.#running.get(key)?.stop());
  }

  /** @returns {boolean} whether this worker takes guests */
  get hasRoom() {
    return this.#role === ROOT || this.#role === "";
  }

  /**
   * @param {string} key
   * @returns {Workspace | undefined} undefined if this worker does not run it
   */
  find(key) {
    return key === this.#role ? this.#own(key) : this.#running.get(key);
  }

  /**
   * Whether a workspace, running or saved, holds anything that its address does not name: changes, the
   * person's own files, an import. Other sites must not learn anything about that. What an app holds and does
   * nobody knows, and as allowed code it can do anything; so other sites must not send it anything.
   *
   * @param {string} key
   * @returns {Promise<boolean>}
   */
  async isPrivate(key) {
    if (isOfApp(key) || this.find(key)?.isChanged) return true;
    try {
      const saved = await (await openSharedStore()).get("instances", key);
      return saved !== undefined && (saved.edited || saved.origin === "import");
    } catch {
      return true; // the saved data cannot be read now, so there may be something
    }
  }

  /**
   * @param {string} key
   * @returns {Promise<Workspace>} run here, as a guest unless it is this worker's own
   * @throws {LiteError} this worker takes no guests, or no more of them
   */
  async host(key) {
    const found = this.find(key);
    if (found) return found;
    if (!this.hasRoom) throw foreign();
    await this.#makeRoom();
    return this.#own(key);
  }

  /**
   * @param {string} key
   * @returns {Workspace}
   */
  #own(key) {
    const found = this.#running.get(key);
    if (found) return found;
    const workspace = new Workspace(key, (by) => this.#onChange(key, by));
    this.#running.set(key, workspace);
    return workspace;
  }

  async #makeRoom() {
    const guests = [...this.#running].filter(([key]) => key !== this.#role);
    if (guests.length < MOST_GUESTS) return;
    const saved = guests.filter(([, workspace]) => !workspace.hasUnsavedWork && !workspace.isBusy);
    const [oldest] = saved.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    if (!oldest) throw full();
    const [key, workspace] = oldest;
    this.#running.delete(key);
    await workspace.stop();
  }
}

/** @returns {LiteError} */
export function foreign() {
  return new LiteError("This address belongs to another workspace.", {
    hint: "A workspace’s pages can only load what is in the same workspace. Open the address in a tab of its own.",
  });
}

/** @returns {LiteError} */
function full() {
  return new LiteError("No more workspaces can be opened without a network.", {
    hint:
      `${MOST_GUESTS} workspaces are already open with unsaved changes or a download in progress. ` +
      "Connect to the network, or download the changes and close one of them, then try again.",
  });
}
