/**
 * What the import dialog says while it starts, and when an import ends early.
 */

import { LiteError } from "../../shared/errors.js";
import { STAGES } from "../../shared/protocol.js";
import { formatAmount, inWords } from "../ui/dom.js";

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
