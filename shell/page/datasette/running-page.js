/**
 * The script of the page of a query that is still running (plugins/running_queries.py): shows how long it
 * has been, cancels it, and loads the address again when there is a result.
 */

import { byId, formatDuration } from "../ui/dom.js";

/** ms between two questions whether it is done. */
const INTERVAL = 500;

const { status = "", seconds = "0" } = byId("lite-running").dataset;
const elapsed = byId("lite-elapsed");
const says = byId("lite-running-says");
const cancel = /** @type {HTMLButtonElement} */ (byId("lite-cancel"));

let startedAt = performance.now() - Number(seconds) * 1000;
let wasCancelled = false;

cancel.addEventListener("click", () => {
  wasCancelled = cancel.disabled = true;
  says.textContent = "Cancelling…";
  void ask();
});
setInterval(() => (elapsed.textContent = formatDuration(performance.now() - startedAt)), 100);
void watch();

async function watch() {
  while (await ask()) await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  // Not reload(): the next request should come from this page.
  const address = new URL(location.href);
  address.hash = "";
  location.replace(address);
}

/** @returns {Promise<boolean>} whether the query still runs */
async function ask() {
  try {
    const response = await fetch(wasCancelled ? `${status}?cancel=on` : status);
    const answer = await response.json();
    if (!answer.running) return false;
    startedAt = performance.now() - answer.seconds * 1000;
  } catch {
    says.textContent = "This workspace is not responding.";
  }
  return true;
}
