/**
 * Asks what to do about names that are taken: once, for all files of the import dialog.
 */

import { openChoice } from "../ui/ask-person.js";
import { element, inWords } from "../ui/dom.js";

/** @typedef {import("./import-choices.js").Exists} Exists */

/**
 * @typedef {object} Conflict  a name that is taken
 * @property {"table" | "database"} what
 * @property {string} name
 * @property {import("./import-choices.js").TableChoices} choices  of the table or database that would get it
 */

export class Conflicts {
  /** @type {Conflict[]} */
  #conflicts = [];
  /** @type {string[]} what the question on show is about */
  #about = [];
  /** @type {() => Exists | undefined} */
  #chosen = () => undefined;

  constructor() {
    this.node = element("div", { class: "taken", "aria-live": "polite" });
  }

  /** Whether the person has yet to decide. */
  get isOpen() {
    return this.#conflicts.length > 0 && this.#chosen() === undefined;
  }

  /** @param {Conflict[]} conflicts  all there are */
  show(conflicts) {
    this.#conflicts = conflicts;
    const about = conflicts.map(({ what, name }) => `${what} ${name}`);
    if (about.join("\n") !== this.#about.join("\n")) {
      // An answer holds for what it was given for, and for a part of that.
      const isPart = about.every((one) => this.#about.includes(one));
      this.#about = about;
      this.#ask(isPart ? this.#chosen() : undefined);
    }
    this.#apply();
  }

  /** Lead the person to the question. */
  focus() {
    this.node.scrollIntoView({ block: "nearest" });
    this.node.querySelector("input")?.focus();
  }

  /** @param {Exists | undefined} initial */
  #ask(initial) {
    if (this.#conflicts.length === 0) {
      this.#chosen = () => undefined;
      this.node.replaceChildren();
      return;
    }
    const { fieldset, chosen } = openChoice(
      questionOn(this.#conflicts),
      answersTo(this.#conflicts),
      initial,
    );
    fieldset.addEventListener("change", () => this.#apply());
    this.#chosen = chosen;
    this.node.replaceChildren(fieldset);
  }

  #apply() {
    const answer = this.#chosen();
    if (answer === undefined) return;
    for (const { choices } of this.#conflicts) choices.exists = answer;
  }
}

/**
 * @param {Conflict[]} conflicts
 * @returns {string}
 */
function questionOn(conflicts) {
  const [{ what, name }] = conflicts;
  if (conflicts.length === 1) return `There is already a ${what} “${name}”`;
  const called = (/** @type {Conflict["what"]} */ kind) => {
    const names = conflicts.filter((one) => one.what === kind).map((one) => `“${one.name}”`);
    return names.length === 0
      ? []
      : [`${names.length === 1 ? `a ${kind}` : `${kind}s`} ${inWords(names)}`];
  };
  return `There are already ${inWords([...called("table"), ...called("database")])}`;
}

/** @param {Conflict[]} conflicts */
function answersTo(conflicts) {
  const isOne = conflicts.length === 1;
  const [{ what, name }] = conflicts;
  /** @type {Array<{value: Exists, label: string, detail: string}>} */
  const answers = [
    {
      value: "rename",
      label: isOne ? "Keep both" : "Keep all of them",
      detail: isOne
        ? `The new one gets another name, such as “${name}_1”.`
        : `The new ones get other names, such as “${name}_1”.`,
    },
    {
      value: "replace",
      label: isOne ? "Replace it" : "Replace them",
      detail: isOne ? `What is in the ${what} now is lost.` : "What is in them now is lost.",
    },
  ];
  if (conflicts.every((conflict) => conflict.what === "table")) {
    answers.push({
      value: "add",
      label: isOne ? "Add the rows to it" : "Add the rows to them",
      detail: "Columns are matched by name; new ones are added.",
    });
  }
  return answers;
}
