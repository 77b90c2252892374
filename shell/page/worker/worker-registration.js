/**
 * Gets a service worker of the site, or says in a sentence why there is none.
 *
 * Registers sw.js for a workspace or for the site's root if necessary and, for callers that need it,
 * waits until it is activated. boot-client.js then talks to the worker.
 */

import { LiteError, WORKER_BLOCKED } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { ROOT, scopeOf } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/scopes.js").Role} Role */

const SCRIPT = new URL("sw.js", SITE_ROOT);

const NEEDED =
  "Datasette runs in a service worker, a part of the browser that works without a server";

/**
 * Get the worker that answers a role's pages. On a page of a workspace this is the one that the page came
 * from, which may be another one's: registering a new one would take away its unsaved work.
 *
 * @param {Role} role  the key of a workspace, or the site's root
 * @returns {Promise<ServiceWorker>} activated
 * @throws {LiteError} with the reason why this browser, page or site cannot have one
 */
export async function activeWorker(role) {
  const { controller } = workerContainer();
  const here = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? ROOT;
  if (controller && here === role) return controller;
  return (await registeredWorker(role)).activated;
}

/**
 * @param {Role} role
 * @returns {Promise<{worker: ServiceWorker, activated: Promise<ServiceWorker>}>} worker: one that
 *   hears messages already, though on a first visit pages come from it only once it is activated
 * @throws {LiteError} with the reason why this browser, page or site cannot have one
 */
export async function registeredWorker(role) {
  const container = workerContainer();
  const scope = scopeOf(role);
  let registration;
  try {
    registration = await container.register(SCRIPT, {
      scope,
      // The addresses in sw.js contain its version, so the HTTP cache will do. The root's worker is what
      // repairs a browser whose cache is broken.
      updateViaCache: role === ROOT ? "none" : "imports",
    });
  } catch (cause) {
    // Registering needs the network. Without it, the worker that answers this address anyway can run the
    // workspace (shell/worker/instance/workspaces.js).
    registration = await container.getRegistration(scope).catch(() => undefined);
    if (!registration?.active) throw await whyNotRegistered(cause);
  }
  // An active worker serves at once, even while an update of the site is being installed.
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (!worker) throw notInstalled();
  const activated = whenActivated(worker);
  activated.catch(() => {}); // not every caller waits for it
  return { worker, activated };
}

/**
 * @returns {ServiceWorkerContainer}
 * @throws {LiteError}
 */
function workerContainer() {
  if (!self.isSecureContext) {
    throw new LiteError(
      "This page came over plain http, so the browser offers no service worker.",
      {
        hint: `${NEEDED}. Open the site at its https:// address; on your own machine, http://localhost works too.`,
      },
    );
  }
  let container;
  try {
    container = navigator.serviceWorker; // a sandboxed frame throws here
  } catch (cause) {
    throw blocked(cause);
  }
  if (!container) throw blocked();
  return container;
}

/**
 * @param {unknown} [cause]
 * @returns {LiteError}
 */
function blocked(cause) {
  const framed = self.top !== self;
  return new LiteError("This browser does not let the page use a service worker.", {
    hint: framed
      ? `${NEEDED}. The page around this one embeds it in a frame that forbids that: open it in a tab of its own, ` +
        "or add allow-scripts and allow-same-origin to the frame’s sandbox."
      : `${NEEDED}. Private windows and settings that block all site data turn it off: try a normal window, ` +
        "or allow this site to store data.",
    name: WORKER_BLOCKED,
    cause,
    traceback: cause === undefined ? undefined : String(cause),
  });
}

/**
 * register() reports very different problems as much the same error, so look at the script itself.
 *
 * @param {unknown} cause
 * @returns {Promise<LiteError>}
 */
async function whyNotRegistered(cause) {
  const about = { cause, source: SCRIPT.href, traceback: String(cause) };
  const response = await fetch(SCRIPT, { cache: "no-store" }).catch(() => null);
  if (response === null) {
    return new LiteError(`The service worker ${SCRIPT} could not be downloaded.`, {
      hint: "Check your connection and try again.",
      ...about,
    });
  }
  if (!response.ok) {
    return new LiteError(`The service worker ${SCRIPT} is missing (HTTP ${response.status}).`, {
      hint: "The site was not uploaded completely: upload the whole built folder again.",
      ...about,
    });
  }
  const type = response.headers.get("content-type") ?? "";
  if (!/\b(java|ecma)script\b/i.test(type)) {
    return new LiteError(
      `The server sends ${SCRIPT} as “${type || "no type"}”, not as JavaScript.`,
      {
        hint: "Set the server to send .js files with the type text/javascript.",
        ...about,
      },
    );
  }
  const name = cause instanceof Error ? cause.name : "";
  if (name === "SecurityError" || name === "NotSupportedError") return blocked(cause);
  return new LiteError("The browser could not start this site’s service worker.", {
    hint:
      "Reload the page. If that does not help, a file of the site may be missing on its server, or the " +
      "browser may be too old for this site.",
    ...about,
  });
}

/**
 * @param {ServiceWorker} worker
 * @returns {Promise<ServiceWorker>}
 */
function whenActivated(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve(worker);
      else if (worker.state === "redundant") reject(notInstalled());
      else return;
      worker.removeEventListener("statechange", look);
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

/**
 * Notice that a newer version of the site replaces a worker. The browser has then ended it: it answers no
 * message, and never says so.
 *
 * @param {ServiceWorker} worker
 * @param {() => void} listener  called once, at once if it has happened already
 * @param {AbortSignal} signal   ends the listening
 */
export function whenReplaced(worker, listener, signal) {
  const look = () => worker.state === "redundant" && !signal.aborted && listener();
  worker.addEventListener("statechange", look, { signal });
  look();
}

/** @returns {LiteError} */
function notInstalled() {
  return new LiteError("The browser gave up installing this site’s service worker.", {
    hint:
      "A file of the site may have failed to download, or the site is being updated. Reload the page to " +
      "try again.",
    source: SCRIPT.href,
  });
}
