/**
 * Runs on app/consent.html, the worker's answer while an instance waits for the person to decide about
 * code that its link brings. Names it, tells the worker what was decided, and loads the address again.
 *
 * Whether code may run is the worker's to enforce: until it has a decision it fetches none of it.
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

// Who comes back to this page with the browser's back button may decide again.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
