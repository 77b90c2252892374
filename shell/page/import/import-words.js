/**
 * What the import dialog says while it starts, and when an import ends early.
 */

import { LiteError } from "../../shared/errors.js";
import { STAGES } from "../../shared/protocol.js";
import { formatAmount, formatBytes, inWords } from "../ui/dom.js";

/** @typedef {import("../../shared/protocol.js").ProgressMessage} ProgressMessage */

/** @param {ProgressMessage} message */
export function stageInWords(message) {
  const [, title = ""] = STAGES.find(([id]) => id === message.stage) ?? [];
  const amount = formatAmount(message);
  return `Starting Datasette: ${title}${amount && `, ${amount}`}`;
}

/**
 * @param {File[]} files
 * @param {number} done  how many of them were imported
 */
export function stopped(files, done) {
  const kept = importedInWords(files, done) || "Everything saved before is unharmed. ";
  return new LiteError("The browser stopped this site’s worker during the import.", {
    hint: `${kept}Memory may be short: close other tabs. “Try again” continues; nothing is imported twice.`,
  });
}

/**
 * @param {File[]} files
 * @param {number} done  how many of them were imported
 */
function importedInWords(files, done) {
  const imported = files.slice(0, done).map(({ name }) => name);
  const verb = imported.length === 1 ? "was" : "were";
  return imported.length > 0 ? `${inWords(imported)} ${verb} already imported. ` : "";
}

/**
 * @param {File[]} files
 * @param {number} done  how many of them were imported
 */
export function cancelledInWords(files, done) {
  const before = importedInWords(files, done);
  return `Cancelled. ${before}Nothing of ${files[done]?.name ?? "the rest"} was kept.`;
}

/**
 * @param {object} what
 * @param {number} what.count        files in the dialog
 * @param {number} what.pending      how many of them have yet to be looked at
 * @param {number[]} what.sizes      of those that can be imported, in bytes
 * @param {number} what.passedOver   files of a folder that are no data
 * @param {string} what.destination  a sentence on where they go
 * @returns {string}
 */
export function statusInWords({ count, pending, sizes, passedOver, destination }) {
  if (pending > 0 && count > 1) return `Looking at ${count - pending + 1} of ${count} files…`;
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const amount = sizes.length > 1 ? `${sizes.length} files, ${formatBytes(size)}. ` : "";
  const others =
    passedOver > 0
      ? `${passedOver} ${passedOver === 1 ? "file" : "files"} of other kinds skipped. `
      : "";
  return `${amount}${others}${destination} Opening a file does not upload it.`;
}
