/**
 * The service worker: its listeners, and which module answers what.
 *
 * Everything under app/ is an instance's (shell/worker/instances.js); the site's own files are kept
 * for offline use (shell/worker/site-files.js); all else goes to the network untouched. Listeners must
 * be registered while this script runs for the first time, so there is no top-level await.
 */

import { instancePath, parseAppPath } from "./shell/shared/paths.js";
import { SITE_ROOT } from "./shell/shared/site.js";
import { PART_URLS, keepParts } from "./shell/worker/assets.js";
import { keepImages } from "./shell/worker/images.js";
import { install, isOpening } from "./shell/worker/installing.js";
import { Instances } from "./shell/worker/instances.js";
import { finishVisit, prefetchPython } from "./shell/worker/runtime.js";
import { answerMessage, tellOfChange } from "./shell/worker/messages.js";
import { bootingPage, consentPage, errorPage } from "./shell/worker/pages.js";
import { dropCopiesExcept } from "./shell/worker/part-copies.js";
import { answerStrayed } from "./shell/worker/strayed.js";
import { answerSiteFile, completeSite, takeOver } from "./shell/worker/site-files.js";

/** @typedef {import("./shell/shared/paths.js").AppPath} AppPath */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const instances = new Instances(SITE_ROOT, (key, by) => void tellOfChange(worker.clients, key, by));

/** ms that a page load waits for a boot before it is shown the booting page instead. */
const SHORT_WAIT = 1500;

worker.addEventListener("install", (event) => {
  // Take over at once: pages of the version before get by, and one version at work is simpler than two.
  worker.skipWaiting();
  event.waitUntil(install());
});

worker.addEventListener("activate", (event) => {
  const tidied = takeOver(PART_URLS).then(dropCopiesExcept);
  const notTidied = (/** @type {unknown} */ error) =>
    console.warn("Files of earlier versions could not be removed.", error);
  event.waitUntil(tidied.catch(notTidied).then(() => worker.clients.claim()));
});

worker.addEventListener("message", (event) => {
  // What a page sends to a worker that still waits means: take over. To the active one it is nothing.
  worker.skipWaiting();
  if (event.data?.type === "open") event.waitUntil(isOpening());
  if (event.data?.type === "prefetch") event.waitUntil(prefetch(event.data));
  else event.waitUntil(answerMessage(event, instances, worker.clients).then(keepParts));
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
  // An instance's address without its last slash, as people type it.
  if (`${url.pathname}/` === home) event.respondWith(Response.redirect(home + url.search, 302));
  else event.respondWith(respond(event, address));
});

/**
 * Answer a request under app/.
 *
 * @param {FetchEvent} event
 * @param {AppPath} address
 * @returns {Promise<Response>}
 */
async function respond(event, { key }) {
  const { request, clientId, handled } = event;
  const arrivedAt = Date.now();
  const context = { siteRoot: SITE_ROOT.pathname, wantsPage: request.mode === "navigate" };
  for (;;) {
    // Loading a page again is how people try again.
    const instance = instances.get(key, { afresh: context.wantsPage });
    try {
      const booted = instance.boot();
      event.waitUntil(afterBoot(instance, handled));
      if (context.wantsPage && request.method === "GET") {
        // A page must not be held through a long boot: browsers give up on it.
        const late = Symbol("late");
        const first = await Promise.race([booted, after(SHORT_WAIT, late)]).catch(() => late);
        if (first === late && !instance.consent) return await bootingPage(context.siteRoot);
      }
      await booted;
    } catch (error) {
      if (instance.consent && context.wantsPage) {
        return consentPage(instance.consent, context.siteRoot);
      }
      return errorPage(error, instance.consent ? 403 : 503, context);
    }
    // One that was replaced or deleted meanwhile answers nothing more.
    if (instance.state === "stopped") continue;
    const response = await instance.handle(
      request,
      { clientId, arrivedAt, handled },
      (error, status) => errorPage(error, status, context),
    );
    const finished = afterBoot(instance).then(finishVisit).then(completeSite);
    event.waitUntil(finished.then(() => instance.exercise()));
    return response;
  }
}

/**
 * Get ahead of need what will be needed.
 *
 * @param {import("./shell/shared/protocol.js").PrefetchMessage} message
 */
async function prefetch({ python }) {
  await completeSite();
  if (python) await prefetchPython();
}

/**
 * What a boot leaves to do, while the browser must not stop the worker.
 *
 * @param {import("./shell/worker/instance.js").Instance} instance
 * @param {Promise<void>} [answered]  settled when the request that led to it is answered
 */
async function afterBoot(instance, answered) {
  await instance.boot().catch(() => {});
  await answered?.catch(() => {});
  // The page that was waited for asks for its files now.
  await instance.settled();
  await keepParts();
  await keepImages();
}

/**
 * @template T
 * @param {number} ms
 * @param {T} value
 * @returns {Promise<T>}
 */
function after(ms, value) {
  return new Promise((resolve) => setTimeout(resolve, ms, value));
}
