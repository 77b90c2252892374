/**
 * Opens an exported file that was dropped on the launcher or on a page of Datasette: imports what it
 * contains, and goes there.
 */

import { toWire } from "../../shared/errors.js";
import { instancePath } from "../../shared/paths.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { element, formatAmount } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { shadowWith, whenStyled } from "../ui/shadow.js";
import { importFile } from "./import-saved.js";
import { isExport } from "./import-zip.js";

/**
 * @param {File} file
 * @returns {Promise<boolean>} false if it is not an export: then nothing was done
 */
export async function openExport(file) {
  if (!(await isExport(file))) return false;
  const host = element("div");
  const root = shadowWith(host, ["site.css", "saved.css"]);
  const dialog = element("dialog", { "aria-labelledby": "title" });
  const amount = element("p", { role: "status" });
  dialog.append(
    element("h2", { id: "title" }, `Opening ${file.name}`),
    element("progress", { "aria-labelledby": "title" }),
    amount,
  );
  root.append(dialog);
  document.body.append(host);
  await whenStyled(root);
  dialog.showModal();
  try {
    const store = await openStore(SITE_ROOT);
    const saved = new Map((await store.getAll("instances")).map((one) => [one.key, one]));
    store.close();
    const onProgress = (/** @type {number} */ done, /** @type {number} */ total) =>
      (amount.textContent = formatAmount({ done, total, unit: "bytes" }));
    const result = await importFile(file, saved, SITE_ROOT, onProgress, root);
    const [first, ...more] = result?.imported ?? [];
    if (first) {
      location.assign(SITE_ROOT.href + (more.length > 0 ? "saved.html" : instancePath(first.key)));
    } else host.remove();
  } catch (error) {
    sayWhy(dialog, file, error);
    dialog.addEventListener("close", () => host.remove());
  }
  return true;
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {File} file
 * @param {unknown} error
 */
function sayWhy(dialog, file, error) {
  const close = element("button", { class: "plain" }, "Close");
  dialog.replaceChildren(
    element("h2", { id: "title" }, `${file.name} could not be opened`),
    ...errorParts(toWire(error)),
    element("form", { method: "dialog", class: "actions" }, close),
  );
}
