/**
 * The place below a boot's progress for the first rows of the CSV file that is being opened. What reads and
 * draws them is loaded only when they come.
 */

import { element } from "../ui/dom.js";

/** @typedef {import("../../shared/protocol.js").SourceHead} SourceHead */

export class FirstRows {
  // People who use the keyboard scroll it. It is not a live region: the progress is one.
  box = element("section", {
    class: "first-rows",
    hidden: true,
    tabindex: "0",
    "aria-label": "First rows",
  });
  /** Bytes of the head that was drawn last. */
  #size = 0;

  /**
   * @param {SourceHead} head
   * @returns {Promise<void>} settled when its rows are shown; they stay hidden if that fails
   */
  async show(head) {
    const size = head.bytes.length;
    if (size <= this.#size) return; // the worker was asked twice
    this.#size = size;
    try {
      const { firstRowsTable } = await import("./first-rows-table.js");
      const parts = await firstRowsTable(head);
      if (size !== this.#size) return;
      this.box.replaceChildren(...parts);
      this.box.hidden = parts.length === 0;
    } catch (error) {
      console.warn("The first rows cannot be shown.", error);
    }
  }

  clear() {
    this.#size = 0;
    this.box.hidden = true;
    this.box.replaceChildren();
  }
}
