/**
 * Opens a person's own app, a file or a folder that they brought: saves it as a new workspace, and goes
 * there. The workspace asks before it runs the code, as for an app from a link.
 */

import {
  BlobReader,
  BlobWriter,
  configure,
  ZipReader,
  ZipWriter,
} from "@zip.js/zip.js/lib/zip-core-external.js";
import { codeFileName, codePaths, entryIn } from "../../shared/app-code.js";
import { LiteError, toWire } from "../../shared/errors.js";
import { instancePath } from "../../shared/paths.js";
import { newKeyForOwnApp } from "../../shared/recipe.js";
import { APP_CODE, WHOLE_FORMAT } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askPerson, choice } from "../ui/ask-person.js";
import { element } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { shadowWith, whenStyled } from "../ui/shadow.js";
import { titleOfFiles } from "../ui/workspace-name.js";
import { askWorker } from "../worker/ask-worker.js";
import { looksLikeData } from "./data-files.js";

/** @typedef {import("./file-drop.js").Folder} Folder */

/** The most bytes of code and the files beside it: all of it is in memory when the app runs. */
const MOST_BYTES = 100_000_000;

// The library's own scripts for other threads are not part of the site.
configure({ useWebWorkers: false });

/**
 * @param {File | Folder} brought
 * @returns {Promise<boolean>} false if it is to be opened as data: then nothing was done
 */
export async function openOwnApp(brought) {
  const paths = await pathsOf(brought);
  const entry = entryIn(paths);
  const isScript = brought instanceof File && brought.name.endsWith(".py");
  const isWheel = brought.name.endsWith(".whl");
  const hasData = !isScript && !isWheel && codePaths(paths).some(looksLikeData);
  if (entry === undefined && hasData) return false;
  if (entry === undefined && !isScript && !paths.some((path) => path.endsWith(".py"))) return false;
  const host = element("div");
  const root = shadowWith(host, ["site.css", "import-dialog.css"]);
  document.body.append(host);
  await whenStyled(root);
  try {
    const chosen = isScript ? "" : await chosenEntry(brought.name, entry, hasData, root);
    if (chosen === AS_DATA) return false;
    if (chosen !== undefined) await open(brought, chosen);
  } catch (error) {
    await sayWhy(brought.name, error, root);
  } finally {
    host.remove();
  }
  return true;
}

const AS_DATA = Symbol("as data");

/**
 * @param {File | Folder} brought
 * @returns {Promise<string[]>} of the files in it; none in a file that is no archive
 */
async function pathsOf(brought) {
  if (!(brought instanceof File)) return [...brought.files.keys()];
  if (brought.name.endsWith(".py")) return [];
  try {
    const entries = await new ZipReader(new BlobReader(brought)).getEntries();
    return entries.filter(({ directory }) => !directory).map(({ filename }) => filename);
  } catch {
    return []; // the import dialog says what is wrong with it
  }
}

/**
 * @param {string} name
 * @param {string | undefined} found  the entry, if the files' names tell it
 * @param {boolean} hasData  whether there is something to import as well
 * @param {Node} within
 * @returns {Promise<string | typeof AS_DATA | undefined>} undefined if the person cancelled
 */
async function chosenEntry(name, found, hasData, within) {
  if (found === undefined) {
    const input = element("input", {
      type: "text",
      required: true,
      placeholder: "module:attribute",
      spellcheck: "false",
      autocomplete: "off",
      autofocus: true,
    });
    const field = element("label", { class: "field" }, element("span", {}, "Application"), input);
    const body = [
      element(
        "p",
        {},
        "The file names do not show where the application is. Enter it as for uvicorn:",
      ),
      field,
    ];
    const isWanted = await askPerson({ title: `Run ${name}`, body, yes: "Open", within });
    return isWanted ? input.value.trim() : undefined;
  }
  if (!hasData) return found;
  const { fieldset, chosen } = choice(`${name} contains code and data`, [
    { value: true, label: "Run the app", detail: "You are asked before any of its code runs" },
    { value: false, label: "Import the data", detail: "The code is left out" },
  ]);
  const isWanted = await askPerson({
    title: `Open ${name}`,
    body: [fieldset],
    yes: "Open",
    within,
  });
  if (!isWanted) return undefined;
  return chosen() ? found : AS_DATA;
}

/**
 * @param {File | Folder} brought
 * @param {string} entry
 */
async function open(brought, entry) {
  const isFile = brought instanceof File;
  const content = isFile ? brought : await packed(brought);
  checkSize(content.size, brought.name);
  const name = codeFileName(isFile ? brought.name : `${brought.name}.zip`, !isFile);
  const key = newKeyForOwnApp(name, entry);
  const now = Date.now();
  /** @type {import("../../shared/saved-store.js").SavedInstance} */
  const instance = {
    ...{ key, title: titleOfFiles([brought.name]), sources: [], edited: false },
    ...{ format: WHOLE_FORMAT, build: "", generation: "", owner: "" },
    ...{ createdAt: now, usedAt: now, size: content.size },
  };
  // As a Blob: what a browser has copied stays readable, whatever happens to the file.
  const files = [{ path: APP_CODE + name, content: new Blob([await content.arrayBuffer()]) }];
  await askWorker({ type: "restore", instance, files });
  location.assign(SITE_ROOT.href + instancePath(key));
}

/**
 * @param {Folder} folder
 * @returns {Promise<Blob>} a zip file with the code and the files beside it
 */
async function packed({ name, files }) {
  const zip = new ZipWriter(new BlobWriter("application/zip"));
  let size = 0;
  for (const path of codePaths([...files.keys()])) {
    const file = await /** @type {() => Promise<File>} */ (files.get(path))();
    size += file.size;
    checkSize(size, name);
    await zip.add(path, new BlobReader(file));
  }
  return zip.close();
}

/**
 * @param {number} size
 * @param {string} name
 */
function checkSize(size, name) {
  if (size <= MOST_BYTES) return;
  throw new LiteError(`${name} is too large for an app: more than ${MOST_BYTES / 1e6} MB.`, {
    hint: "Leave out what the code does not need, such as its tests and large data.",
  });
}

/**
 * @param {string} name
 * @param {unknown} error
 * @param {ShadowRoot} within
 */
async function sayWhy(name, error, within) {
  const close = element("button", { class: "plain" }, "Close");
  const dialog = element(
    "dialog",
    { "aria-labelledby": "title" },
    element("h2", { id: "title" }, `${name} could not be opened`),
    ...errorParts(toWire(error)),
    element("form", { method: "dialog", class: "actions" }, close),
  );
  within.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve));
}
