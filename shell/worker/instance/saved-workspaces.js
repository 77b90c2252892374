/**
 * Changes saved workspaces, from the root's worker: deletes them and brings them back, saves one that was
 * exported elsewhere, sets one of their databases aside (running workspaces are stopped first for these),
 * renames them, and leaves their plugins out.
 */

import { saveCopy } from "../storage/copies.js";
import { deleteSnapshots } from "../runtime/snapshot/store.js";
import { sweep } from "../storage/generations.js";
import { setAside } from "../storage/set-aside.js";
import { bringBackInstance, removeInstance, renameInstance } from "../storage/store-changes.js";
import { Decisions } from "../trust/decisions.js";
import { checkedImport } from "../trust/imported-instance.js";
import { whileStopped } from "./occupancy.js";
import { openSharedStore } from "./store-access.js";
import { LiteError } from "../../shared/errors.js";
import { LONGEST_TITLE } from "../../shared/saved-record.js";

const decisions = new Decisions(() => openSharedStore());

/** @typedef {import("../../shared/protocol.js").Deleted} Deleted */

/**
 * @param {string[]} keys
 * @param {Record<string, string>} [spared]  generations whose contents stay for now, by key
 * @returns {Promise<Deleted[]>} those that can be brought back; settled when all are gone
 */
export async function deleteWorkspaces(keys, spared = {}) {
  const store = await openSharedStore();
  /** @type {Deleted[]} */
  const deleted = [];
  for (const key of keys) {
    const record = await whileStopped(key, () => removeInstance(store, key, spared[key]));
    const decision = await store.get("decisions", key);
    if (record) deleted.push({ record, ...(decision && { decision }) });
    await decisions.forget(key);
    await store.delete("guards", key);
  }
  // They hold its plugins. Other workspaces make their own again.
  await deleteSnapshots(store);
  return deleted;
}

/**
 * Undo a deletion.
 *
 * @param {Deleted[]} deleted
 * @returns {Promise<string[]>} keys of those that are back
 */
export async function bringBackWorkspaces(deleted) {
  const store = await openSharedStore();
  /** @type {string[]} */
  const back = [];
  for (const { record, decision } of deleted) {
    const isBack = await whileStopped(record.key, () => bringBackInstance(store, record));
    if (!isBack) continue;
    back.push(record.key);
    if (decision) await store.put("decisions", decision);
  }
  return back;
}

/** @returns {Promise<void>} settled when what deleted workspaces have left behind is gone */
export async function sweepDeleted() {
  await sweep(await openSharedStore());
}

/**
 * Save a workspace that was exported elsewhere, replacing any with the same key.
 *
 * @param {unknown} offered  its record, as a page sends it
 * @param {unknown} folder   its files
 * @returns {Promise<string[]>} paths of files that were left out
 * @throws {import("../../shared/errors.js").LiteError} it is malformed, or there is no room
 */
export async function restoreWorkspace(offered, folder) {
  const { instance, files, leftOut } = await checkedImport(offered, folder);
  const store = await openSharedStore();
  // Its packages may differ from those that were allowed.
  await decisions.forget(instance.key);
  await store.delete("guards", instance.key);
  await whileStopped(instance.key, () => saveCopy(store, instance, files));
  return leftOut;
}

/**
 * Make a saved workspace open without one of its databases.
 *
 * @param {Omit<import("../../shared/protocol.js").SetAsideQuestion, "v" | "type">} wanted
 * @returns {Promise<void>}
 * @throws {import("../../shared/errors.js").LiteError} it is not saved
 */
export async function setAsideDatabase({ key, path, keep }) {
  const store = await openSharedStore();
  await whileStopped(key, () => setAside(store, key, path, keep));
}

/**
 * @param {string} key
 * @param {unknown} title
 * @returns {Promise<void>}
 * @throws {LiteError} it cannot be called that, or is not saved
 */
export async function renameWorkspace(key, title) {
  const name = typeof title === "string" ? title.trim() : "";
  if (name === "" || name.length > LONGEST_TITLE || /\p{Cc}/u.test(name)) {
    throw new LiteError("A workspace cannot have this name.", {
      hint: `Use between 1 and ${LONGEST_TITLE} characters, all of them visible.`,
    });
  }
  const isSaved = await renameInstance(await openSharedStore(), key, name);
  if (!isSaved) {
    throw new LiteError("This workspace is not saved in this browser, so it cannot be renamed.", {
      hint: "It was deleted, or could not be saved.",
    });
  }
}

/**
 * Make a workspace open without the plugins that were allowed, until the person decides again.
 *
 * @param {string} key
 * @returns {Promise<void>}
 */
export function pausePlugins(key) {
  return decisions.pause(key);
}
