/**
 * Runs on app/question.html, the worker's answer to a link from outside that would run something in a
 * private workspace. If the person agrees, it requests the same address from here, which is a page of
 * the workspace.
 */

import { byId } from "../ui/dom.js";
import { afterDeliberation } from "../ui/deliberation.js";

const button = /** @type {HTMLButtonElement} */ (byId("run"));
afterDeliberation(button);
button.disabled = false;
button.addEventListener("click", () => {
  button.textContent = "Running…";
  // Without the hash: an address that differs only in that would not be loaded again.
  location.replace(location.pathname + location.search);
});
