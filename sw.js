/**
 * The service worker: its listeners, and which module answers what.
 *
 * One script, registered many times: for the site's root, and for each workspace (shared/scopes.js).
 * Each registration runs as a worker of its own. Everything under app/ belongs to a workspace
 * (worker/routing/requests.js); the site's own files are kept for offline use
 * (worker/site-cache/site-files.js); everything else goes to the network untouched. Listeners must be
 * registered while this script runs for the first time, so there is no top-level await.
 */

import { instancePath, parseAppPath } from "./shell/shared/paths.js";
import { ROOT, roleOf } from "./shell/shared/scopes.js";
import { SITE_ROOT } from "./shell/shared/site.js";
import { PART_URLS, keepParts } from "./shell/worker/runtime/assets.js";
import { completeMeanwhile, install } from "./shell/worker/site-cache/installing.js";
import { Workspaces } from "./shell/worker/instance/workspaces.js";
import { prefetchPython } from "./shell/worker/runtime/runtime.js";
import { answerMessage, tellOfChange, tellOfEviction } from "./shell/worker/routing/messages.js";
import { whenEvicted } from "./shell/worker/storage/room.js";
import { answerRequest } from "./shell/worker/routing/requests.js";
import { answerStrayed } from "./shell/worker/routing/root-path-redirects.js";
import { takeOver } from "./shell/worker/site-cache/versions.js";
import { answerSiteFile, completeSite } from "./shell/worker/site-cache/site-files.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const role = roleOf(worker.registration.scope) ?? ROOT;
const workspaces = new Workspaces(role, (key, by) => void tellOfChange(worker.clients, key, by));

whenEvicted((key) => void tellOfEviction(worker.clients, key));

worker.addEventListener("install", (event) => {
  // Take over at once: pages of the previous version still work, and one version per scope is simpler.
  worker.skipWaiting();
  event.waitUntil(install(role));
});

worker.addEventListener("activate", (event) => {
  const notTidied = (/** @type {unknown} */ error) =>
    console.warn("Files of earlier versions could not be removed.", error);
  event.waitUntil(
    takeOver(PART_URLS)
      .catch(notTidied)
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("message", (event) => {
  // A message to a waiting worker means: take over. For the active one it changes nothing.
  worker.skipWaiting();
  if (event.data?.type === "open") event.waitUntil(completeMeanwhile());
  if (event.data?.type === "prefetch") event.waitUntil(prefetch(event.data));
  else event.waitUntil(answerMessage(event, workspaces, worker.clients).then(keepParts));
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== SITE_ROOT.origin) return;
  const address = parseAppPath(url.pathname, SITE_ROOT.pathname);
  if (!address) {
    if (!answerSiteFile(event)) answerStrayed(event);
    return;
  }
  const home = SITE_ROOT.pathname + instancePath(address.key);
  // A workspace's address without its last slash, as people type it.
  if (`${url.pathname}/` === home) event.respondWith(Response.redirect(home + url.search, 302));
  else event.respondWith(answerRequest(event, address, workspaces));
});

/**
 * Download what will be needed, before it is needed.
 *
 * @param {import("./shell/shared/protocol.js").PrefetchMessage} message
 */
async function prefetch({ python }) {
  await completeSite();
  if (python) await prefetchPython();
}
