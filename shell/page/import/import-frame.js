/**
 * Makes the elements of the import dialog, in a shadow root, since it also appears on Datasette's pages.
 */

import { element } from "../ui/dom.js";
import { shadowWith } from "../ui/shadow.js";

/**
 * @param {HTMLElement[]} before  parts of the form above the list of files
 * @param {HTMLElement[]} after   and below it
 */
export function importFrame(before, after) {
  const host = element("div");
  const root = shadowWith(host, ["site.css", "import-dialog.css"]);
  const title = element("h2", { id: "title", tabindex: "-1" });
  const starting = element("p", { class: "starting" });
  const problem = element("section", { class: "problem", role: "alert", hidden: true });
  const list = element("ol", { class: "files" });
  const status = element("p", { class: "status", role: "status" });
  const go = element("button", { class: "primary" }, "Import");
  const cancel = element("button", { type: "button", class: "plain" }, "Cancel");
  const form = element(
    "form",
    { method: "dialog", novalidate: true },
    element("div", { class: "head" }, title, starting),
    element("div", { class: "body" }, problem, ...before, list, ...after),
    element("div", { class: "foot" }, status, element("p", { class: "actions" }, go, cancel)),
  );
  const other = element("div", { hidden: true });
  const dialog = element("dialog", { "aria-labelledby": "title" }, form, other);
  root.append(dialog);
  // Datasette's pages have shortcuts, which must not react to typing here.
  host.addEventListener("keydown", (event) => event.stopPropagation());
  return { host, root, title, starting, problem, list, status, go, cancel, form, other, dialog };
}
