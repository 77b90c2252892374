/**
 * Runs on app/consent.html, the worker's answer while an instance waits for the person's decision about
 * code that its link brings. Names the code, passes the decision to the worker, and reloads the address.
 *
 * The worker enforces the decision: until it has one it fetches none of the code.
 */

import { toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "../worker/ask-worker.js";
import { ConsentView } from "./consent-view.js";
import { byId } from "../ui/dom.js";
import { startKeepAlive } from "../worker/keep-alive.js";
import { reloadsHaveHelped } from "../worker/reload-guard.js";
import { showSavedSummary } from "../saved/saved-summary.js";

const container = byId("consent");
const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";
/** @type {import("../../shared/protocol.js").Consent} */
const consent = JSON.parse(container.dataset.consent ?? "");
const view = new ConsentView(container, consent, SITE_ROOT, decide);

reloadsHaveHelped();
startKeepAlive(key);
void showSavedSummary(view.saved, SITE_ROOT);

/** @param {boolean} allow */
async function decide(allow) {
  view.wait(allow);
  try {
    await askWorker({ type: "consent", key, allow, items: consent.items });
    location.reload();
  } catch (error) {
    view.fail(toWire(error));
  }
}

// People who come back with the browser's back button may decide again.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
