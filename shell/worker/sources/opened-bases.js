/**
 * Opens the bases of files that were saved, each where its kind is.
 */

import { RemoteBase } from "./remote-base.js";
import { SplitBase } from "./split-file.js";
import { LocalBase } from "../storage/local-base.js";

/** @typedef {import("../storage/block-file-system.js").FileContent} FileContent */
/** @typedef {import("../../shared/saved-contents.js").SavedContent} SavedContent */

/**
 * @param {Map<string, Uint8Array | SavedContent>} files  by path
 * @param {string} generation  in which they are saved
 * @returns {Map<string, FileContent>}
 */
export function withBases(files, generation) {
  /** @type {Map<string, FileContent>} */
  const opened = new Map();
  for (const [path, content] of files) {
    opened.set(path, content instanceof Uint8Array ? content : withBase(content, generation));
  }
  return opened;
}

/**
 * @param {SavedContent} content
 * @param {string} generation
 * @returns {import("../storage/paged-content.js").PagedContent}
 */
function withBase({ size, base, blob, saved }, generation) {
  const content = { size, end: 0, blocks: new Map(), saved };
  if (!base) return content;
  const { end, ...description } = base;
  if (description.kind === "remote") {
    const Remote = description.parts ? SplitBase : RemoteBase;
    return { ...content, base: new Remote(description), end };
  }
  const local = new LocalBase(description, /** @type {Blob} */ (blob));
  local.generation = generation;
  return { ...content, base: local, end };
}
