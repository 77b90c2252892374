/**
 * Runs on app/stopped.html, the worker's answer to a page load that stopped the workspace before: opens the
 * page all the same if the person wants that, and offers the saved data.
 */

import { inOneLine, toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { byId, element } from "../ui/dom.js";
import { askWorker } from "../worker/ask-worker.js";
import { startKeepAlive } from "../worker/keep-alive.js";
import { unresponsiveAddress, watchAnswers } from "../worker/responsiveness.js";
import { showWaysOut } from "./ways-out.js";

const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";
const address = location.pathname + location.search;
const button = /** @type {HTMLButtonElement} */ (byId("anyway"));
const details = byId("details");

details.hidden = details.querySelector("pre")?.textContent === "";
button.disabled = false;
button.addEventListener("click", () => void openAnyway());
startKeepAlive(key);
void showWaysOut(byId("problem"), { key, siteRoot: SITE_ROOT, onChange: () => location.reload() });

async function openAnyway() {
  button.disabled = true;
  try {
    await askWorker({ type: "allow-load", key, address });
    byId("outcome").textContent = "Opening…";
    // Without the hash: an address that differs only in that would not be loaded again.
    location.replace(address);
    watchAnswers(key, { onSilent: saySilent, onAnswer: () => {} });
  } catch (error) {
    byId("outcome").textContent = inOneLine(toWire(error));
    button.disabled = false;
  }
}

function saySilent() {
  const help = element("a", { href: unresponsiveAddress(key) }, "See what you can do");
  byId("outcome").replaceChildren("The workspace does not answer again. ", help, ".");
}
