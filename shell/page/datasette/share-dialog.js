/**
 * The dialog “Share”: a link to the page, as text and as a QR code, code that embeds it, and what neither
 * includes; and a file of the whole workspace, for what is only in this browser.
 */

import { encode } from "uqr";
import { toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { keyToRecipe } from "../../shared/recipe.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { exportInstances } from "../saved/export-zip.js";
import { element, formatBytes, inWords } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { offerDownload } from "../ui/offer-download.js";
import { shadowWith, whenStyled } from "../ui/shadow.js";
import { hereAt } from "../import/import-destination.js";
import { nameOf } from "../ui/workspace-name.js";
import { onlyHere } from "./share-contents.js";
import { shareable } from "./share-link.js";

/** The longest link of which a QR code can be read from a screen. */
const LONGEST_QR = 800;

/** Pixels of a module of a QR code, and light modules around it. */
const MODULE = 4;
const BORDER = 4;

/** @param {string} key  of the workspace of this page */
export async function showShareDialog(key) {
  const recipe = key === "" ? [] : keyToRecipe(key);
  const here = parseAppPath(location.pathname, SITE_ROOT.pathname);
  const path = (here?.path ?? "") + location.search;
  const shared = shareable({ key, recipe, path }, SITE_ROOT);
  const missing = element("p", { class: "missing", role: "status" });
  const file = element("section", { hidden: true, "aria-labelledby": "file-title" });
  const close = element("button", { class: "plain" }, "Close");
  const title = element("h2", { id: "title", tabindex: "-1" }, "Share this page");
  const dialog = element(
    "dialog",
    { "aria-labelledby": "title" },
    element(
      "form",
      { method: "dialog" },
      title,
      ...(shared ? linkParts(shared) : []),
      missing,
      file,
      element("p", { class: "actions" }, close),
    ),
  );
  const host = element("div", { id: "lite-share" });
  shadowWith(host, ["site.css", "share-dialog.css"]).append(dialog);
  // Datasette's pages have shortcuts, which must not react to typing here.
  host.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => host.remove());
  document.body.append(host);
  await whenStyled(/** @type {ShadowRoot} */ (host.shadowRoot));
  dialog.showModal();
  title.focus();
  const { parts, isSaved } = await onlyHere(key, recipe);
  missing.textContent = shared ? leftOut(parts) : "";
  if (isSaved && (!shared || parts.length > 0)) {
    file.append(...fileParts(key, shared !== undefined));
    file.hidden = false;
  } else if (!shared) {
    missing.textContent =
      "These files are only in this browser, so there is no link that opens them elsewhere.";
  }
}

/** @param {import("./share-link.js").Shareable} shared */
function linkParts({ link, embed }) {
  return [
    element("p", {}, "Anyone who opens this link sees this page, with its filters and sorting."),
    copyField("Link", link, "input"),
    ...(link.length <= LONGEST_QR ? [qrCode(link)] : []),
    element(
      "details",
      {},
      element("summary", {}, "Embed it in a web page"),
      copyField("HTML code", embed, "textarea"),
    ),
  ];
}

/**
 * @param {string} label
 * @param {string} value
 * @param {"input" | "textarea"} tag
 */
function copyField(label, value, tag) {
  const field = element(tag, { readonly: true, spellcheck: "false", "aria-label": label });
  field.value = value;
  if (field instanceof HTMLTextAreaElement) field.rows = 4;
  const said = element("span", { class: "said", role: "status" });
  const copy = element(
    "button",
    { type: "button", class: "primary" },
    `Copy ${label.toLowerCase()}`,
  );
  if (label === "HTML code") copy.textContent = "Copy HTML code";
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value);
      said.textContent = "Copied";
    } catch {
      // Not allowed, or not offered: the person can copy it by hand.
      field.focus();
      field.select();
      said.textContent = "Press Ctrl+C or ⌘C to copy";
    }
  });
  return element("div", { class: "copy" }, field, copy, said);
}

/**
 * @param {string} link
 * @returns {HTMLElement}
 */
function qrCode(link) {
  const { data, size } = encode(link, { border: BORDER });
  const canvas = element("canvas", { role: "img", "aria-label": "QR code of the link" });
  canvas.width = canvas.height = size * MODULE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  // Dark on light in both themes: many readers need that.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  for (const [y, row] of data.entries()) {
    for (const [x, isDark] of row.entries()) {
      if (isDark) context.fillRect(x * MODULE, y * MODULE, MODULE, MODULE);
    }
  }
  return element(
    "details",
    {},
    element("summary", {}, "QR code"),
    element("div", { class: "qr" }, canvas),
  );
}

/** @param {string[]} parts */
function leftOut(parts) {
  if (parts.length === 0) return "Everything on this page is included.";
  return `Not included, because it is only in this browser: ${inWords(parts)}.`;
}

/**
 * @param {string} key
 * @param {boolean} hasLink
 * @returns {HTMLElement[]}
 */
function fileParts(key, hasLink) {
  const said = element("div", { role: "status" });
  const save = element(
    "button",
    { type: "button", class: hasLink ? "plain" : "primary" },
    "Save as a file",
  );
  save.addEventListener("click", async () => {
    save.disabled = true;
    said.textContent = "Saving…";
    try {
      const store = await openStore(SITE_ROOT);
      const zip = await exportInstances(store, [key], SITE_ROOT, () => {}).finally(() =>
        store.close(),
      );
      const name = `${nameOf(await hereAt(key), SITE_ROOT).replace(/[^\p{L}\p{N}._ -]+/gu, "-")}.zip`;
      offerDownload(zip, name);
      said.textContent = `Saved ${name}, ${formatBytes(zip.size)}.`;
    } catch (error) {
      said.replaceChildren(...errorParts(toWire(error)));
    }
    save.disabled = false;
  });
  return [
    element("h3", { id: "file-title" }, hasLink ? "Include everything" : "As a file"),
    element(
      "p",
      {},
      hasLink
        ? "A file contains this whole workspace as it is now. "
        : "This workspace is only in this browser, so no link can open it. A file contains all of it. ",
      "To open the file, drop it on ",
      element("b", {}, SITE_ROOT.host + SITE_ROOT.pathname.replace(/\/$/, "")),
      ".",
    ),
    element("p", { class: "actions" }, save),
    said,
  ];
}
