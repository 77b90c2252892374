/**
 * Shows the progress of an import: which file, how much of it, how long it will still take.
 *
 * Draws what the worker reports; the dialog asks the worker and cancels.
 */

import { element, formatAmount } from "../ui/dom.js";
import { timeLeft } from "../ui/time-left.js";

/** @typedef {import("../../shared/protocol.js").AddProgress} AddProgress */

/** Shares of a file's time that have passed when each stage begins and ends, roughly. */
const SHARES = /** @type {const} */ ({ read: [0, 0.1], import: [0.1, 0.9], save: [0.9, 1] });

const STAGE_WORDS = /** @type {const} */ ({ read: "Reading", import: "Importing", save: "Saving" });

export class ImportProgress {
  #sizes;
  #names;
  #total;
  #startedAt = performance.now();
  #share = 0;

  /**
   * @param {File[]} files
   * @param {() => void} onCancel
   */
  constructor(files, onCancel) {
    this.#names = files.map(({ name }) => name);
    this.#sizes = files.map(({ size }) => Math.max(1, size));
    this.#total = this.#sizes.reduce((sum, size) => sum + size, 0);
    /** Index of the file that is being imported. */
    this.file = 0;
    this.title = element("h2", { id: "import-title", tabindex: "-1" });
    this.title.textContent =
      files.length === 1 ? `Importing ${files[0].name}` : `Importing ${files.length} files`;
    this.bar = element("progress", { max: "1", "aria-labelledby": "import-title" });
    this.at = element("p", { class: "at", role: "status" });
    this.amount = element("p", { class: "amount" });
    this.rest = element("p", { class: "rest" });
    this.cancel = element("button", { type: "button", class: "plain" }, "Cancel");
    this.cancel.addEventListener("click", () => {
      this.cancel.disabled = true;
      this.rest.textContent = "Cancelling…";
      onCancel();
    });
    this.node = element(
      "section",
      { class: "importing", "aria-label": "Progress" },
      this.title,
      this.bar,
      element("div", { class: "amounts" }, this.at, this.rest, this.amount),
      element("p", { class: "actions" }, this.cancel),
    );
    this.#draw("read", "", "");
  }

  /** @param {AddProgress} progress */
  update({ label, stage, done, total, rows, file }) {
    this.file = file;
    const before = this.#sizes.slice(0, file).reduce((sum, size) => sum + size, 0);
    const [from, to] = SHARES[stage];
    const within = from + (to - from) * (total > 0 ? Math.min(1, done / total) : 0);
    const share = (before + within * (this.#sizes[file] ?? 0)) / this.#total;
    // A stage that was left out, or a file that turned out to be larger, must not move it back.
    this.#share = Math.max(this.#share, share);
    this.bar.value = this.#share;
    const bytes = formatAmount({ done, total: total || undefined, unit: "bytes" });
    const counted = rows > 0 ? formatAmount({ done: rows, unit: "rows" }) : "";
    this.#draw(stage, label, [bytes, counted].filter(Boolean).join(" · "));
  }

  /**
   * @param {keyof typeof STAGE_WORDS} stage
   * @param {string} label
   * @param {string} amount
   */
  #draw(stage, label, amount) {
    const many = this.#names.length > 1;
    const place = many ? `, file ${this.file + 1} of ${this.#names.length}` : "";
    const name = many ? ` ${label || this.#names[this.file]}` : "";
    setText(this.at, `${STAGE_WORDS[stage]}${name}${place}`);
    setText(this.amount, amount);
    if (this.cancel.disabled) return;
    setText(this.rest, timeLeft(performance.now() - this.#startedAt, this.#share));
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
