/**
 * Web Locks of this site, shared by its workers and pages.
 *
 * A lock ends with the worker or page that holds it, even if the browser kills that, so no cleanup is
 * needed. In a browser without locks, work goes ahead without them.
 * https://w3c.github.io/web-locks/
 */

import { SITE_ROOT } from "./site.js";

/** Locks belong to an origin, which several sites may share. */
const PREFIX = `datasette-lite ${SITE_ROOT.pathname} `;

/**
 * @template T
 * @param {string} name
 * @param {LockOptions} options
 * @param {(lock: Lock | null) => Promise<T>} work
 * @returns {Promise<T>}
 */
function request(name, options, work) {
  const { locks } = navigator;
  if (!locks) return work(null);
  let begun = false;
  /** @type {Promise<any>} */
  const done = locks.request(PREFIX + name, options, (lock) => {
    begun = true;
    return work(lock);
  });
  return done.catch((error) => {
    // A document or worker without storage has no locks either.
    if (!begun && error instanceof Error && error.name === "SecurityError") return work(null);
    throw error;
  });
}

/**
 * Run `work` while no other worker or page of the site runs work with the same name.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone(name, work) {
  return request(name, { mode: "exclusive" }, work);
}

/**
 * Run `work` unless the lock is held.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} undefined if the lock is held
 */
export function ifFree(name, work) {
  const options = /** @type {const} */ ({ mode: "exclusive", ifAvailable: true });
  return request(name, options, async (lock) => (lock || !navigator.locks ? work() : undefined));
}

/**
 * Hold a lock exclusively, if it is free.
 *
 * @param {string} name
 * @returns {Promise<(() => void) | undefined>} releases it; undefined if the lock is held
 */
export function holdIfFree(name) {
  return new Promise((resolve, reject) => {
    const held = ifFree(name, () => new Promise((end) => resolve(() => end(undefined))));
    held.then(() => resolve(undefined), reject);
  });
}

/**
 * Wait until the lock is free.
 *
 * @param {string} name
 * @param {AbortSignal} signal  ends the waiting
 * @returns {Promise<boolean>} false if the waiting was ended, or the browser does not say
 */
export async function whenFree(name, signal) {
  if (!navigator.locks) return false;
  const options = { mode: /** @type {const} */ ("exclusive"), signal };
  // Without storage, request() runs the work without a lock, which is then null.
  const granted = await request(name, options, async (lock) => lock !== null).catch(() => false);
  return granted && !signal.aborted;
}

/**
 * @param {string} run  of a worker; see RUN in worker/storage/run.js
 * @returns {string} name of the lock, held by the worker for as long as it runs
 */
export function runLock(run) {
  return `run ${run}`;
}

/**
 * @param {string} id  of a WebSocket
 * @returns {string} name of the lock, held by the page that has it open
 */
export function socketLock(id) {
  return `websocket ${id}`;
}

/**
 * @param {string} generation  that is being written
 * @returns {string} name of the lock
 */
export function generationLock(generation) {
  return `generation ${generation}`;
}

/**
 * @param {string} key
 * @returns {string} name of the lock, held by the worker that runs the workspace
 */
export function workspaceLock(key) {
  return `workspace ${key}`;
}

/**
 * @param {string} key
 * @returns {string} name of the lock, held by the page that ends the workspace's worker and starts another
 */
export function restartLock(key) {
  return `restart ${key}`;
}

/**
 * @param {string} owner  of a saved instance; see SavedInstance in saved-store.js
 * @returns {string} name of the lock, held while the instance is open
 */
export function ownerLock(owner) {
  return `owner ${owner}`;
}

/**
 * Hold a shared lock.
 *
 * @param {string} name
 * @returns {Promise<() => void>} settled when it is held; the function releases it
 */
export function hold(name) {
  return new Promise((resolve) => {
    const held = request(
      name,
      { mode: "shared" },
      () => new Promise((end) => resolve(() => end(undefined))),
    );
    // Taken away by insist().
    held.catch(() => {});
  });
}

/**
 * Run `work` once the lock is free, or when that takes too long.
 *
 * @template T
 * @param {string} name
 * @param {number} patience  ms after which its holder loses it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function insist(name, patience, work) {
  let begun = false;
  const attempt = () => {
    begun = true;
    return work();
  };
  try {
    const signal = AbortSignal.timeout(patience);
    return await request(name, { mode: "exclusive", signal }, attempt);
  } catch (error) {
    if (begun) throw error;
    return request(name, { mode: "exclusive", steal: true }, attempt);
  }
}

/**
 * @param {string} beginning  of names
 * @returns {Promise<string[]>} the rest of the names of such locks that are held; none if the browser
 *   does not say
 */
export async function heldAfter(beginning) {
  try {
    const { held = [] } = await navigator.locks.query();
    return held
      .map(({ name = "" }) => name)
      .filter((name) => name.startsWith(PREFIX + beginning))
      .map((name) => name.slice(PREFIX.length + beginning.length));
  } catch {
    return [];
  }
}

/**
 * @param {string} name
 * @returns {Promise<boolean>} whether it is held; false if the browser does not say
 */
export async function isHeld(name) {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some((lock) => lock.name === PREFIX + name);
  } catch {
    return false;
  }
}
