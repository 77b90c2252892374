/**
 * Does one piece of work at a time on the page “Saved data”, and shows its progress, outcome or failure.
 *
 * While it lasts the page cannot be used, so that the same data is not changed twice at once.
 */

import { toWire } from "../../shared/errors.js";
import { byId, formatAmount } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";

/** @typedef {import("../../shared/errors.js").WireError} WireError */

/** ms before progress is shown; shorter work needs none. */
const NOTICEABLE = 400;

export class Work {
  #running = false;
  #onBegin;

  /** @param {() => void} onBegin  called before each piece of work */
  constructor(onBegin) {
    this.#onBegin = onBegin;
  }

  /**
   * @param {string} title  "Exporting penguins.csv"; "" for work that is over in a moment
   * @param {(onProgress: (done: number, total: number) => void) => Promise<string | void>} work
   *   returns a sentence about the outcome, if there is something to say
   * @returns {Promise<void>} settled when it is over, whatever the outcome
   */
  async run(title, work) {
    if (this.#running) return;
    this.#running = true;
    this.#onBegin();
    const content = byId("content");
    const before = document.activeElement;
    content.inert = true;
    byId("problem").hidden = true;
    byId("outcome").textContent = "";
    byId("work-title").textContent = title;
    const timer = setTimeout(() => (byId("work").hidden = title === ""), NOTICEABLE);
    try {
      const outcome = await work(showProgress);
      byId("outcome").textContent = outcome || "";
    } catch (error) {
      this.fail(toWire(error));
    } finally {
      clearTimeout(timer);
      byId("work").hidden = true;
      showProgress(0, 0);
      content.inert = false;
      this.#running = false;
      // The focused element may be the one that was deleted.
      const target = before?.isConnected && before !== document.body ? before : byId("title");
      /** @type {HTMLElement} */ (target).focus({ preventScroll: true });
    }
  }

  /** @param {WireError} error */
  fail(error) {
    byId("problem").replaceChildren(...errorParts(error));
    byId("problem").hidden = false;
  }
}

/**
 * @param {number} done  bytes
 * @param {number} total  bytes
 */
function showProgress(done, total) {
  const bar = /** @type {HTMLProgressElement} */ (byId("work-bar"));
  if (total > 0) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
  byId("work-amount").textContent = formatAmount({
    done,
    total: total || undefined,
    unit: "bytes",
  });
}
