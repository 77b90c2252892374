/**
 * The service worker: its listeners, and which module answers what.
 *
 * Everything under app/ is an instance's (shell/worker/instances.js); all else on the site goes to the
 * network untouched, so that no mistake here can keep the launcher from loading. Listeners must be
 * registered while this script runs for the first time, so there is no top-level await.
 */

import { instancePath, parseAppPath } from "./shell/shared/paths.js";
import { Instances } from "./shell/worker/instances.js";
import { answerMessage, tellOfChange } from "./shell/worker/messages.js";
import { bootingPage, errorPage } from "./shell/worker/pages.js";

/** @typedef {import("./shell/shared/paths.js").AppPath} AppPath */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const siteRoot = new URL(".", import.meta.url);
const instances = new Instances(siteRoot, (key, by) => void tellOfChange(worker.clients, key, by));

/** ms that a page load waits for a boot before it is shown the booting page instead. */
const SHORT_WAIT = 1500;

worker.addEventListener("install", () => {
  worker.skipWaiting();
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("message", (event) => {
  event.waitUntil(answerMessage(event, instances, worker.clients));
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const address = url.origin === siteRoot.origin && parseAppPath(url.pathname, siteRoot.pathname);
  if (!address) return;
  const home = siteRoot.pathname + instancePath(address.key);
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
  const context = { siteRoot: siteRoot.pathname, wantsPage: request.mode === "navigate" };
  for (;;) {
    // Loading a page again is how people try again.
    const instance = instances.get(key, { afresh: context.wantsPage });
    try {
      const booted = instance.boot();
      event.waitUntil(booted.then(() => instance.firstSave).catch(() => {}));
      if (context.wantsPage && request.method === "GET") {
        // A page must not be held through a long boot: browsers give up on it.
        const late = Symbol("late");
        const first = await Promise.race([booted, after(SHORT_WAIT, late)]).catch(() => late);
        if (first === late) return await bootingPage(context.siteRoot);
      }
      await booted;
    } catch (error) {
      return errorPage(error, 503, context);
    }
    // One that was replaced or deleted meanwhile answers nothing more.
    if (instance.state === "stopped") continue;
    return instance.handle(request, { clientId, arrivedAt, handled }, (error, status) =>
      errorPage(error, status, context),
    );
  }
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
