/**
 * Tidies the browser's list of this site's service workers: keeps the root's, so that the site opens
 * offline, and removes those of workspaces that nobody needs.
 *
 * A workspace's registration is cheap and comes back with the next visit; its data is in the store.
 * None is removed while the workspace has a page: only a running worker can hold unsaved work, and the
 * browser stops one without a page anyway.
 */

import { ROOT, roleOf, scopeOf } from "../../shared/scopes.js";
import { readableRecord } from "../../shared/saved-record.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "./ask-worker.js";
import { registrationsToKeep, TOO_MANY } from "./registrations-to-keep.js";
import { activeWorker } from "./worker-registration.js";

/** Lock by which one page at a time tidies. */
const TIDYING = `datasette-lite ${SITE_ROOT.pathname} registrations`;

/**
 * Look after registrations from a page of Datasette, once it is there.
 *
 * @returns {Promise<void>} never rejected
 */
export async function keepRegistrations() {
  try {
    await navigator.serviceWorker.ready;
    await activeWorker(ROOT);
    if ((await workspaceRegistrations()).size > TOO_MANY) await tidyRegistrations();
  } catch {
    // The page itself is fine; the next one tries again.
  }
}

/**
 * Unregister workspaces that are not saved, and beyond a number also the least recently used; update
 * the others to the site's current version.
 *
 * @returns {Promise<void>} never rejected
 */
async function tidyRegistrations() {
  try {
    await navigator.locks.request(TIDYING, { ifAvailable: true }, async (lock) => {
      if (lock) await tidy();
    });
  } catch {
    // Everything works whether they are in order or not.
  }
}

/** Tidy now, and when a new version of the root's worker, which the others follow, has taken over. */
export function keepTidy() {
  navigator.serviceWorker?.addEventListener("controllerchange", () => void tidyRegistrations());
  void tidyRegistrations();
}

async function tidy() {
  const registrations = await workspaceRegistrations();
  // Workspaces being installed are about to be opened. Find them before asking the worker.
  const settled = [...registrations].filter(([, { active }]) => active).map(([key]) => key);
  const scopes = [scopeOf(ROOT), ...[...registrations.keys()].map(scopeOf)];
  /** @type {import("../../shared/protocol.js").RegistrationsResult} */
  const { open, outdated } = await askWorker({ type: "registrations", scopes });
  const usedAt = await savedWorkspaces();
  const { unneeded, following } = registrationsToKeep({ settled, open, usedAt });
  await unregister(unneeded);
  for (const key of following.filter((key) => outdated.includes(scopeOf(key)))) {
    await registrations.get(key)?.update();
  }
}

/**
 * @param {string[]} keys  of workspaces
 * @returns {Promise<void>}
 */
export async function unregister(keys) {
  const registrations = await workspaceRegistrations();
  await Promise.all(keys.map((key) => registrations.get(key)?.unregister()));
}

/** @returns {Promise<Map<string, ServiceWorkerRegistration>>} by key */
async function workspaceRegistrations() {
  /** @type {Map<string, ServiceWorkerRegistration>} */
  const found = new Map();
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
    const role = roleOf(registration.scope);
    if (typeof role === "string") found.set(role, registration);
  }
  return found;
}

/** @returns {Promise<Map<string, number>>} when each was last used, in ms since 1970, by key */
async function savedWorkspaces() {
  const store = await openStore(SITE_ROOT);
  try {
    const saved = await store.getAll("instances");
    return new Map(saved.map((stored) => [stored.key, readableRecord(stored).record.usedAt]));
  } finally {
    store.close();
  }
}
