/**
 * Imports an exported file: asks about what is here already, then has the worker save it.
 *
 * import-zip.js reads the file.
 */

import { LiteError, toWire } from "../../shared/errors.js";
import { ROOT } from "../../shared/scopes.js";
import { askPerson, choice } from "../ui/ask-person.js";
import { askWorker } from "../worker/ask-worker.js";
import { element, formatBytes } from "../ui/dom.js";
import { isChanged } from "./describe-saved.js";
import { readExport } from "./import-zip.js";
import { startKeepAlive } from "../worker/keep-alive.js";
import { inRelativeWords } from "../ui/relative-time.js";
import { headingOf, namesOf } from "../ui/workspace-name.js";

/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("./import-zip.js").Importable} Importable */

/**
 * @param {File} file
 * @param {Map<string, SavedInstance>} saved  what is here, by key
 * @param {URL} siteRoot
 * @param {(done: number, total: number) => void} onProgress  in bytes
 * @param {Node} [within]  where a question is shown
 * @returns {Promise<{imported: SavedInstance[], leftOut: string[]} | undefined>} what was imported, and
 *   paths of the files that were not; undefined if the person cancelled
 * @throws {LiteError}
 */
export async function importFile(file, saved, siteRoot, onProgress, within) {
  const chosen = await choose(await readExport(file), saved, siteRoot, within);
  if (!chosen) return undefined;
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  await checkRoom(file, total);
  // Everything is unpacked before anything is saved, so that a damaged file changes nothing.
  const unpacked = [];
  let done = 0;
  const leftOut = chosen.flatMap((importable) => importable.leftOut);
  for (const { instance, size, unpack } of chosen) {
    const files = await unpack((bytes) => onProgress(done + bytes, total));
    unpacked.push({ instance, files });
    done += size;
  }
  // A large import takes longer than browsers let an idle worker run.
  startKeepAlive(ROOT);
  /** @type {SavedInstance[]} */
  const imported = [];
  for (const { instance, files } of unpacked) {
    try {
      leftOut.push(...(await askWorker({ type: "restore", instance, files })));
    } catch (error) {
      throw partly(error, imported, siteRoot);
    }
    imported.push(instance);
  }
  return { imported, leftOut };
}

/**
 * @param {Importable[]} offered
 * @param {Map<string, SavedInstance>} saved
 * @param {URL} siteRoot
 * @param {Node} [within]
 * @returns {Promise<Importable[] | undefined>}
 */
async function choose(offered, saved, siteRoot, within) {
  const questions = offered.flatMap((importable) => {
    const here = saved.get(importable.instance.key);
    if (!here) return [];
    const keep = { value: false, label: "Keep the one here", detail: inBrief(here) };
    const replace = {
      value: true,
      label: "Replace it with the one from the file",
      detail: inBrief(importable.instance),
    };
    const legend = headingOf(here, siteRoot);
    return [{ importable, ...choice(legend, [keep, replace]) }];
  });
  if (questions.length === 0) return offered;
  const goOn = await askPerson({
    title: questions.length === 1 ? "This is already here" : "Some of this is already here",
    body: [
      element("p", {}, "Replacing deletes what is here now."),
      ...questions.map(({ fieldset }) => fieldset),
    ],
    yes: "Import",
    within,
  });
  if (!goOn) return undefined;
  const kept = questions.filter(({ chosen }) => !chosen()).map(({ importable }) => importable);
  return offered.filter((importable) => !kept.includes(importable));
}

/** @param {SavedInstance} instance */
function inBrief(instance) {
  const used = `used ${inRelativeWords(instance.usedAt)}`;
  const edited = isChanged(instance) ? "edited" : "not edited";
  return [formatBytes(instance.size), used, edited].join(", ");
}

/**
 * @param {File} file
 * @param {number} needed  bytes
 */
async function checkRoom(file, needed) {
  const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {};
  if (usage + needed <= quota) return;
  const left = formatBytes(Math.max(0, quota - usage));
  throw new LiteError(`There is not enough space for the contents of “${file.name}”.`, {
    hint:
      `It needs ${formatBytes(needed)}, and the browser allows ${left} more. Delete what you no longer ` +
      "need, or free space on the disk.",
  });
}

/**
 * @param {unknown} error
 * @param {SavedInstance[]} imported
 * @param {URL} siteRoot
 * @returns {unknown} the error, with what was done before it
 */
function partly(error, imported, siteRoot) {
  if (imported.length === 0) return error;
  const { message, hint, traceback } = toWire(error);
  const names = namesOf(imported, siteRoot);
  const before = `Before that, ${names} ${imported.length === 1 ? "was" : "were"} imported.`;
  return new LiteError(message, { hint: `${before} ${hint}`, traceback, cause: error });
}
