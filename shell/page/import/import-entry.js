/**
 * One file in the import dialog: what it is, whether it is wanted, how to import it, or why it cannot
 * be imported.
 *
 * Asks the worker for previews, one after each choice that changes them. The dialog does the
 * importing.
 */

import { STOPPED_BEFORE, toWire } from "../../shared/errors.js";
import { askWorker, WORKER_STOPPED } from "../worker/ask-worker.js";
import { element, formatBytes, inWords } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { FileChoices } from "./import-choices.js";
import { warningsOn } from "./import-findings.js";
import { FileOptions } from "./import-options.js";

/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("../../shared/protocol.js").FileToAdd} FileToAdd */
/** @typedef {import("../../shared/protocol.js").AddResult} AddResult */

/** What the mark at the end of a row says. */
const STATE_WORDS = { waiting: "", looking: "Looking…", ready: "", failed: "Cannot be opened" };

/** Kinds of files whose tables can be made again, one by one. */
const CHANGEABLE = ["csv", "json", "excel", "parquet"];

let count = 0;

export class ImportEntry {
  #destination;
  #onChange;
  #choices = new FileChoices();
  /** Counts the questions, so that the answer to an outdated one is dropped. */
  #round = 0;
  /** @type {FileOptions | undefined} */
  #options;
  /** @type {Preview | undefined} */
  #preview;
  /** Whether it takes the place of an earlier import. */
  #replaces = false;

  /**
   * @param {import("./import-destination.js").Destination} destination
   * @param {File} file
   * @param {import("../../shared/journals.js").Together<File>["journals"]} journals  of a database
   * @param {"file" | "paste"} kind  how it came
   * @param {() => void} onChange  called when its state changes, or whether it is wanted
   */
  constructor(destination, file, journals, kind, onChange) {
    this.#destination = destination;
    this.#onChange = onChange;
    this.file = file;
    this.journals = journals;
    this.kind = kind;
    /** Identifies its addition, so that a file that a stopped worker has added is not added again. */
    this.addition = crypto.randomUUID();
    /** @type {"waiting" | "looking" | "ready" | "failed"} */
    this.state = "waiting";
    this.wanted = true;

    const id = `file-${(count += 1)}`;
    this.check = element("input", {
      type: "checkbox",
      checked: true,
      "aria-label": `Import ${file.name}`,
    });
    this.check.addEventListener("change", () => {
      this.wanted = this.check.checked;
      this.node.classList.toggle("left-out", !this.wanted);
      if (!this.wanted) this.open = false;
      onChange();
    });
    this.toggle = element(
      "button",
      { type: "button", "aria-expanded": "false", "aria-controls": id },
      file.name,
    );
    this.words = element("span", { class: "kind", hidden: true });
    this.mark = element("span", { class: "mark" });
    const beside = journals.map(({ journal }) => journal.name);
    const together = element(
      "p",
      { class: "together", hidden: beside.length === 0 },
      `Together with ${inWords(beside)}`,
    );
    this.problem = element("div", { class: "problem", hidden: true });
    this.warnings = element("div", { class: "warnings" });
    this.panel = element("div", { id, class: "panel" });
    this.node = element(
      "li",
      {},
      element(
        "div",
        { class: "row" },
        this.check,
        element("h3", {}, this.toggle),
        this.words,
        element("span", { class: "size" }, formatBytes(file.size)),
        this.mark,
      ),
      together,
      this.problem,
      this.warnings,
      this.panel,
    );
    this.open = false;
    this.#show();
  }

  get open() {
    return !this.panel.hidden;
  }

  set open(open) {
    this.panel.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    this.#warn();
  }

  /** Whether no choice could make it importable. */
  get hopeless() {
    return this.state === "failed" && !this.#options;
  }

  /** Whether it is wanted and can be imported. */
  get importable() {
    return this.wanted && this.state === "ready";
  }

  /** Whether nothing is known of it yet. */
  get pending() {
    return this.wanted && (this.state === "waiting" || this.state === "looking");
  }

  /** @returns {Preview | undefined} the last one, of a file that becomes tables */
  get tables() {
    return this.importable && this.#preview?.kind !== "sqlite" ? this.#preview : undefined;
  }

  /** Look at it again when that can be done: it is for another workspace now. */
  startOver() {
    this.#round += 1;
    this.state = "waiting";
    this.#show();
  }

  /** @returns {import("./import-conflicts.js").Conflict[]} names that are taken, of what is wanted */
  get conflicts() {
    // While it is looked at again, the last look counts.
    const isKnown = this.state === "ready" || this.state === "looking";
    if (!this.wanted || !isKnown || !this.#preview) return [];
    const { database, taken, tables } = this.#preview;
    /** @type {import("./import-conflicts.js").Conflict[]} */
    const conflicts = taken
      ? [{ what: "database", name: database, choices: this.#choices.table("") }]
      : [];
    for (const { source, name, taken: isTaken } of tables) {
      const choices = this.#choices.table(source);
      // What this file has made before is replaced, which was said when the person chose to.
      if (isTaken && !choices.skip && choices.made !== name) {
        conflicts.push({ what: "table", name, choices });
      }
    }
    return conflicts;
  }

  /**
   * @param {AddResult["added"]} added  what an import of it has made
   * @returns {boolean} whether it can be imported again with other choices, in place of that
   */
  canChange(added) {
    const { kind = "", tables = [] } = this.#preview ?? {};
    // A file that could not be imported may be with other choices.
    return (
      CHANGEABLE.includes(kind) &&
      tables.length > 0 &&
      added.every(({ table, source = "" }) => {
        // Rows that were added to a table cannot be told apart from its own.
        const isOwn = this.#choices.table(source).exists !== "add";
        return table !== null && tables.some((one) => one.source === source) && isOwn;
      })
    );
  }

  /**
   * Make it ready to be imported again with other choices.
   *
   * @param {AddResult["added"]} added  what an import of it has made, which the next one replaces
   */
  change(added) {
    for (const { table, source = "" } of added) this.#choices.table(source).replace(table ?? "");
    this.addition = crypto.randomUUID();
    this.#replaces = added.length > 0;
    this.startOver();
  }

  /** Get a preview, read with the current choices. */
  async look() {
    const round = (this.#round += 1);
    this.state = "looking";
    this.#show();
    this.#onChange();
    try {
      const preview = await askWorker({
        type: "preview",
        key: this.#destination.key,
        file: this.file,
        options: { ...this.#choices.reading(), ...this.#destination.options },
      });
      if (round !== this.#round) return;
      this.#see(preview);
    } catch (error) {
      if (round !== this.#round) return;
      this.state = "failed";
      this.#fail(toWire(error));
    }
    this.#show();
    this.#onChange();
  }

  /** @param {import("../../shared/errors.js").WireError} error */
  #fail(error) {
    this.problem.replaceChildren(...errorParts(error));
    // It may have been chance, or the file. A person decides whether to risk the workspace again.
    if (![WORKER_STOPPED, STOPPED_BEFORE].includes(error.name)) return;
    const again = element("button", { type: "button", class: "plain" }, "Try again");
    again.addEventListener("click", () => void this.look());
    this.problem.append(element("p", { class: "actions" }, again));
  }

  /** @returns {FileToAdd} */
  toAdd() {
    const { file, journals, kind, addition } = this;
    const choices = this.#preview ? this.#choices.options(this.#preview) : {};
    const options = { ...choices, ...this.#destination.options };
    return { file, journals, kind, addition, options };
  }

  /** @param {Preview} preview */
  #see(preview) {
    this.#preview = preview;
    this.state = "ready";
    this.words.textContent = preview.kindInWords;
    if (this.#options) this.#options.update(preview);
    else {
      this.#options = new FileOptions(preview, this.#choices, {
        onReread: () => void this.look(),
        onSkip: () => this.#onChange(),
      });
      this.panel.append(this.#options.node);
    }
    this.#warn();
  }

  #warn() {
    const preview = this.state === "ready" ? this.#preview : undefined;
    this.warnings.replaceChildren(...(preview ? warningsOn(preview, this.open) : []));
  }

  #show() {
    const { state } = this;
    this.node.dataset.state = state;
    this.words.hidden = this.words.textContent === "" || state === "failed";
    this.mark.textContent =
      STATE_WORDS[state] ||
      (this.conflicts.length > 0
        ? "Name taken"
        : this.#replaces
          ? "Replaces what was imported"
          : "");
    this.problem.hidden = state !== "failed";
    this.panel.setAttribute("aria-busy", String(state === "looking"));
    // A file that failed at once cannot be imported; one that failed because of a choice can be fixed.
    this.check.disabled = this.toggle.disabled = this.hopeless;
    if (this.hopeless) this.check.checked = this.open = false;
  }
}
