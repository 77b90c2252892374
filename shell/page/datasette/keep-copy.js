/**
 * “Keep a local copy” on the page “Manage data”: downloads all of a database that is read from its host
 * block by block, and shows how much of it is here.
 */

import { askWorker } from "../worker/ask-worker.js";
import { element, formatAmount } from "../ui/dom.js";

/**
 * @param {string} key  of the workspace
 * @param {string} database  its name
 * @param {HTMLElement} place  for the progress, with a button to cancel
 * @returns {Promise<void>} settled when the copy is saved
 * @throws {import("../../shared/errors.js").LiteError} named “Cancelled” if it was cancelled
 */
export async function keepCopy(key, database, place) {
  const cancelling = new AbortController();
  const bar = element("progress", { max: "1", "aria-label": `Downloading ${database}` });
  const amount = element("span", {});
  const cancel = element("button", { type: "button", class: "core" }, "Cancel");
  cancel.addEventListener("click", () => {
    cancel.disabled = true;
    cancelling.abort();
  });
  place.replaceChildren(
    element(
      "div",
      { class: "lite-progress" },
      element("p", {}, `Downloading ${database}`),
      bar,
      amount,
      cancel,
    ),
  );
  cancel.focus();
  /** @param {import("../../shared/protocol.js").CopyProgress} progress */
  const onProgress = ({ done, total }) => {
    bar.value = done / total;
    amount.textContent = formatAmount({ done, total, unit: "bytes" });
  };
  const { signal } = cancelling;
  await askWorker({ type: "keep-copy", key, database }, { onProgress, signal });
}
