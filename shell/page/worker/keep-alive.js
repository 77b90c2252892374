/**
 * Keeps a workspace's service worker, and with it the running Datasette, alive while this page exists.
 *
 * Chromium and Firefox stop a service worker 30 seconds after its last event even while its pages
 * are open. A message posted to the registration's active worker is an event that counts; messages
 * over a BroadcastChannel or MessagePort are not. The launcher starts this when it boots, and
 * plugins/page_script.py has every page of Datasette start it.
 *
 * Where anything is missing (no service worker, no Worker), it does nothing and reports nothing: the
 * page still works, but its next request may have to wait for Datasette to start again.
 */

import { ping } from "../../shared/protocol.js";
import { scopeOf } from "../../shared/scopes.js";
import { RecentlySeen } from "./recently-seen.js";

const TICK_MILLISECONDS = 15_000;

let started = false;
let mayLetGo = true;

/** Keep the workspace running whatever else is opened: stopping it would lose unsaved work. */
export function neverLetGo() {
  mayLetGo = false;
}

/**
 * Start pinging; calling it again changes nothing.
 *
 * @param {import("../../shared/scopes.js").Role} role  whose worker to keep running
 */
export function startKeepAlive(role) {
  if (started) return;
  started = true;
  const seen = new RecentlySeen(role);
  const pingIt = () => {
    if (!mayLetGo || !seen.isLongAgo) void pingWorker(role);
  };
  // Its script is not among what people wait for.
  setTimeout(() => startTimer(pingIt), TICK_MILLISECONDS / 3);
  seen.start();
  // After a laptop's sleep or a tab's freeze, wake the worker before the person's next click does.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") pingIt();
  });
}

/** @param {() => void} pingIt  called at each tick */
function startTimer(pingIt) {
  try {
    const timer = new Worker(new URL("keep-alive-timer.js", import.meta.url));
    timer.onmessage = pingIt;
  } catch {
    // A page may forbid workers; its own timer is slower when hidden, but better than none.
    setInterval(pingIt, TICK_MILLISECONDS);
  }
}

/**
 * Keep the active worker alive; or, if another waits to replace it, ask that to try again. Chromium
 * forgets about it when a message wakes the active one just as that makes way.
 *
 * @param {import("../../shared/scopes.js").Role} role
 * @returns {Promise<void>} never rejected
 */
export async function pingWorker(role) {
  try {
    // Looked up each time, since an update of the site replaces the active worker.
    const registration = await navigator.serviceWorker.getRegistration(scopeOf(role));
    (registration?.waiting ?? registration?.active)?.postMessage(ping());
  } catch {
    // See above: nothing here may disturb the page.
  }
}
