/**
 * Stores snapshots of Python's memory, and knows which of them may be used.
 *
 * A snapshot only saves time, so any doubt ends it: if it is damaged, or was in use when the worker was
 * last stopped, it is deleted. All instances whose Python is the same share one. Only a few are kept, none
 * of other versions of the site. All of them make room for data (storage/room.js) and are deleted whenever
 * an instance is, because they contain its plugins.
 */

import manifest from "../../site-cache/manifest.js";
import { packed, unpacked } from "./format.js";
import { makesRoom } from "../../storage/room.js";
import { goesOn, RUN, showRun } from "../../storage/run.js";
import { sha256 } from "../../../shared/hash.js";

/** @typedef {import("../../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../../shared/saved-store.js").SavedSnapshot} SavedSnapshot */
/** @typedef {import("./python-memory.js").Snapshot} Snapshot */

const STORES = /** @type {Array<"images" | "imageContents">} */ (["images", "imageContents"]);

/** The most snapshots to keep, of some 30 MB each. */
const AT_MOST = 3;

/** Failures in a row after which no further snapshot is made: what fails is something else then. */
const PATIENCE = 3;

/** Starts from a snapshot that are to exercise: what one leaves the browser may take too little of. */
const EXERCISES = 2;

/** A snapshot is kept only where there is room for this many times its size. */
const ROOM = 10;

/**
 * @param {string} packages  all that decides which packages Python has
 * @returns {Promise<string>} the key of the snapshot that fits this site's Python in this browser
 */
export function snapshotKey(packages) {
  // The version is a hash over the site's files, Python's among them.
  const parts = [manifest.version, navigator.userAgent, packages];
  return sha256(new TextEncoder().encode(JSON.stringify(parts)));
}

/**
 * Begin to read a snapshot and note that it is in use until confirmSnapshot() or failSnapshot().
 *
 * @param {Store} store
 * @param {string} key
 * @returns {Promise<{snapshot?: Promise<Snapshot>, isWanted: boolean, isToExercise?: boolean, needsRest?: boolean}>}
 *   snapshot: rejected where it is damaged; isWanted: whether one is to be made; isToExercise: whether this
 *   start is to exercise; needsRest: as in SavedSnapshot
 */
export async function findSnapshot(store, key) {
  // Before the transaction, which would end meanwhile.
  await showRun();
  const user = (await store.get("images", key))?.usedBy ?? "";
  const isBroken = user !== "" && user !== RUN && !(await goesOn(user));
  const transaction = store.transaction(STORES, "readwrite");
  const snapshots = transaction.objectStore("images");
  const saved = await snapshots.get(key);
  // A run that is over began to use it and did not end that: the snapshot may be why.
  if (isBroken && saved?.usedBy === user) {
    await transaction.done;
    await failSnapshot(store, key);
  } else if (saved && saved.size > 0) {
    const content = await transaction.objectStore("imageContents").get(key);
    // Begun at once: this thread is about to be busy with WebAssembly for longer than it takes.
    const snapshot = read(content, saved.sha256);
    snapshot.catch(() => {}); // the start that uses it will notice
    await snapshots.put({ ...saved, usedBy: RUN, usedAt: Date.now() });
    const isToExercise = saved.exercises < EXERCISES;
    return { snapshot, isWanted: false, isToExercise, needsRest: saved.needsRest };
  }
  return { isWanted: await isWanted(store, key) };
}

/**
 * @param {Blob | undefined} content
 * @param {string} hash  that it should have
 * @returns {Promise<Snapshot>}
 */
async function read(content, hash) {
  const bytes = new Uint8Array(await /** @type {Blob} */ (content).arrayBuffer());
  if ((await sha256(bytes)) !== hash) throw new Error("The snapshot of Python is damaged.");
  return unpacked(bytes);
}

/**
 * @param {Store} store
 * @param {string} key
 * @returns {Promise<boolean>} whether a snapshot with this key is to be made
 */
export async function isWanted(store, key) {
  return ((await store.get("images", key))?.failures ?? 0) < PATIENCE;
}

/**
 * @param {Store} store
 * @param {string} key  of a snapshot from which Python has started
 */
export function confirmSnapshot(store, key) {
  return change(store, key, () => ({ usedBy: "", failures: 0 }));
}

/**
 * Note that a start from a snapshot has done its exercise.
 *
 * @param {Store} store
 * @param {string} key
 */
export function noteExercise(store, key) {
  return change(store, key, ({ exercises }) => ({ exercises: exercises + 1 }));
}

/**
 * Note that a start from a snapshot could not do without the rest of Python, which is no fault of the
 * snapshot's: plugins that are files may need what others do not.
 *
 * @param {Store} store
 * @param {string} key
 */
export function noteNeedOfRest(store, key) {
  return change(store, key, () => ({ usedBy: "", failures: 0, needsRest: true }));
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {(saved: SavedSnapshot) => Partial<SavedSnapshot>} changed
 */
async function change(store, key, changed) {
  const snapshots = store.transaction("images", "readwrite").store;
  const saved = await snapshots.get(key);
  if (saved) await snapshots.put({ ...saved, ...changed(saved) });
}

/**
 * Delete a snapshot that failed, and keep only the fact that it did.
 *
 * @param {Store} store
 * @param {string} key
 */
export async function failSnapshot(store, key) {
  const transaction = store.transaction(STORES, "readwrite");
  const snapshots = transaction.objectStore("images");
  const saved = await snapshots.get(key);
  if (saved) {
    const failures = saved.failures + 1;
    await snapshots.put({ ...saved, size: 0, sha256: "", usedBy: "", failures });
    await transaction.objectStore("imageContents").delete(key);
  }
  await transaction.done;
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {Snapshot} snapshot
 * @param {boolean} needsRest  as in SavedSnapshot
 */
export async function keepSnapshot(store, key, { size, runs, pages, ...head }, needsRest) {
  const content = new Blob(packed(head, { size, runs, pages }));
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota - usage < ROOM * content.size) return;
  const hash = await sha256(await content.arrayBuffer());
  const transaction = store.transaction(STORES, "readwrite");
  const snapshots = transaction.objectStore("images");
  const others = (await snapshots.getAll()).filter((other) => other.key !== key);
  const fit = others.filter(({ version }) => version === manifest.version);
  fit.sort((a, b) => b.usedAt - a.usedAt);
  const kept = fit.slice(0, AT_MOST - 1);
  const useless = others.filter((other) => !kept.includes(other));
  const failures = (await snapshots.get(key))?.failures ?? 0;
  const about = { version: manifest.version, size: content.size, sha256: hash, failures };
  const unused = { usedBy: "", usedAt: Date.now(), exercises: 0, needsRest };
  const contents = transaction.objectStore("imageContents");
  await Promise.all([
    ...useless.flatMap((other) => [snapshots.delete(other.key), contents.delete(other.key)]),
    snapshots.put({ key, ...about, ...unused }),
    contents.put(content, key),
    transaction.done,
  ]);
}

/**
 * @param {Store} store
 * @returns {Promise<boolean>} whether there were any
 */
export async function deleteSnapshots(store) {
  const transaction = store.transaction(STORES, "readwrite");
  const contents = transaction.objectStore("imageContents");
  const count = await contents.count();
  await Promise.all([
    contents.clear(),
    transaction.objectStore("images").clear(),
    transaction.done,
  ]);
  return count > 0;
}

makesRoom(deleteSnapshots);
