/**
 * Answers requests under app/, whether this worker runs their workspace or not.
 */

import { keepParts } from "../runtime/assets.js";
import { keepSnapshots } from "../runtime/snapshot/start-snapshot.js";
import { isWanted } from "../instance/clients.js";
import { foreign } from "../instance/workspaces.js";
import {
  bootingPage,
  consentPage,
  errorPage,
  failurePage,
  framedPage,
  stoppedPage,
} from "./pages.js";
import { finishVisit } from "../runtime/runtime.js";
import { completeSite } from "../site-cache/site-files.js";
import { isFramed } from "../trust/arrivals.js";
import { guarded } from "./gate.js";
import { isOutdated } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { keyToRecipe } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../instance/workspace.js").Workspace} Workspace */
/** @typedef {import("../instance/workspaces.js").Workspaces} Workspaces */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** ms that a page load waits for a boot before it gets the booting page instead. */
const SHORT_WAIT = 1500;

/**
 * @param {FetchEvent} event  of an address under app/
 * @param {{key: string, path: string}} address  parsed
 * @param {Workspaces} workspaces
 * @returns {Promise<Response>}
 */
export function answerRequest(event, address, workspaces) {
  const isPrivate = () => workspaces.isPrivate(address.key);
  const answer = () => answerAny(event, address.key, workspaces);
  return guarded(event.request, address, SITE_ROOT, isPrivate, answer);
}

/**
 * @param {FetchEvent} event
 * @param {string} key  of the workspace that its address names
 * @param {Workspaces} workspaces
 * @returns {Promise<Response>}
 */
async function answerAny(event, key, workspaces) {
  const { request } = event;
  const context = { siteRoot: SITE_ROOT.pathname, wantsPage: request.mode === "navigate" };
  const unreadable = problemOf(key);
  if (unreadable) return errorPage(unreadable, 404, context);
  const workspace = workspaces.find(key);
  if (workspace) return answerFrom(workspace, key, event, context);
  // The page registers a worker for the workspace, and loads its address again.
  if (context.wantsPage && request.method === "GET") return bootingPage(context.siteRoot);
  if (workspaces.hasRoom && (await isFromWithin(event, key))) {
    return answerFrom(await workspaces.host(key), key, event, context);
  }
  return errorPage(foreign(), 404, context);
}

/**
 * @param {string} key
 * @returns {unknown} why nothing can be opened under this key; undefined if something can
 */
function problemOf(key) {
  try {
    if (key !== "") keyToRecipe(key);
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * @param {FetchEvent} event
 * @param {string} key
 * @returns {Promise<boolean>} whether a page of that workspace sent the request
 */
async function isFromWithin({ request, clientId }, key) {
  const client = clientId ? await worker.clients.get(clientId) : undefined;
  const from = client?.url ?? request.referrer;
  if (!URL.canParse(from)) return false;
  const { origin, pathname } = new URL(from);
  return origin === SITE_ROOT.origin && parseAppPath(pathname, SITE_ROOT.pathname)?.key === key;
}

/**
 * @param {Workspace} workspace
 * @param {string} key  its
 * @param {FetchEvent} event
 * @param {{siteRoot: string, wantsPage: boolean}} context
 * @returns {Promise<Response>}
 */
async function answerFrom(workspace, key, event, context) {
  const { request, clientId, handled } = event;
  const arrivedAt = Date.now();
  const isPageLoad = context.wantsPage && request.method === "GET";
  const waitUntil = (/** @type {Promise<void>} */ work) => event.waitUntil(work);
  for (;;) {
    // Reloading the page is how people try again.
    const instance = workspace.get({ afresh: context.wantsPage });
    try {
      const booted = instance.boot();
      event.waitUntil(afterBoot(instance, key, handled));
      const blocked = await workspace.guard.blocked(request);
      if (blocked) return await stoppedPage(blocked, key, request.url, context);
      if (isPageLoad) {
        // A page load must not wait through a long boot: browsers give up on it. The booting page also
        // shows why a boot failed.
        const isReady = await instance.pageLoads.isReady(booted, SHORT_WAIT);
        if (!isReady && !instance.consent) return await bootingPage(context.siteRoot);
      }
      await booted;
    } catch (error) {
      if (instance.consent && context.wantsPage) {
        if (isFramed(request)) return await framedPage(context.siteRoot, request.url);
        return await consentPage(instance.consent, context.siteRoot);
      }
      if (instance.isAbandoned) continue;
      // The booting page waits for the newer version's worker, which is on its way.
      if (isOutdated(error) && isPageLoad) return await bootingPage(context.siteRoot);
      return errorPage(error, instance.consent ? 403 : 503, context);
    }
    // An instance that was replaced or deleted meanwhile answers nothing more.
    if (instance.state === "stopped") continue;
    const response = await instance
      .handle(request, { clientId, arrivedAt, handled, waitUntil })
      .catch((error) => failurePage(error, context));
    const finished = afterBoot(instance, key).then(finishVisit).then(completeSite);
    event.waitUntil(finished.then(() => instance.exercise()));
    return response;
  }
}

/**
 * Do what remains after a boot, while the browser must not stop the worker.
 *
 * @param {import("../instance/instance.js").Instance} instance
 * @param {string} key
 * @param {Promise<void>} [answered]  settled when the request that led to it is answered
 */
async function afterBoot(instance, key, answered) {
  if (!(await isWanted(key, instance.boot()).catch(() => true))) return;
  await answered?.catch(() => {});
  // The page that was waiting requests its files now.
  await instance.settled();
  await keepParts();
  await keepSnapshots();
}
