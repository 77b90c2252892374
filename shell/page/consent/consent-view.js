/**
 * Shows a decision about code: what a link or an import brings, what that could do, and the two ways to
 * go on.
 *
 * Draws into the element it is given and reports what the person chose; consent.js talks to the worker.
 * `data-state` on the element is asking, waiting or failed.
 */

import { afterDeliberation } from "../ui/deliberation.js";
import { codeInWords, describeCode } from "./describe-code.js";
import { element } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";

/** @typedef {import("../../shared/protocol.js").Consent} Consent */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */

export class ConsentView {
  /**
   * @param {HTMLElement} container
   * @param {Consent} consent
   * @param {URL} siteRoot
   * @param {(allow: boolean) => void} onDecision
   */
  constructor(container, { items, locked }, siteRoot, onDecision) {
    this.container = container;
    const them = items.length === 1 ? "it" : "them";
    this.labels = { allow: "Allow and open", without: `Open without ${them}` };
    this.allow = element("button", { type: "button", class: "primary" });
    this.without = element("button", { type: "button", class: locked ? "primary" : "plain" });
    this.#offer();
    if (!locked) afterDeliberation(this.allow);
    this.allow.addEventListener("click", () => onDecision(true));
    this.without.addEventListener("click", () => onDecision(false));
    /** A line about saved data, to be filled in. */
    this.saved = element("p", { class: "saved-line", hidden: true });
    this.problem = element("section", { class: "problem", role: "alert", hidden: true });
    this.status = element("p", { class: "visually-hidden", role: "status" });
    // Without an app there is nothing to open.
    const hasApp = items.some(({ kind }) => kind === "app");
    const question = locked
      ? "This site accepts no code from links"
      : "Allow this code to run here?";
    document.title = `${question} · Datasette Lite`;
    container.replaceChildren(
      element("div", { class: "page-header" }, element("h1", {}, question)),
      element("p", {}, ...introduction(items, locked)),
      element(
        "ul",
        { class: "code-items", "aria-label": "The code" },
        ...items.map((item) => codeItem(item, siteRoot, hasApp)),
      ),
      ...(locked ? [] : [warning(items, this.saved)]),
      this.problem,
      element(
        "p",
        { class: "actions" },
        ...(locked ? [] : [this.allow]),
        ...(hasApp ? [] : [this.without]),
        element("a", { href: siteRoot.href }, hasApp ? "Do not run it" : "Choose other data"),
      ),
      ...(locked ? [] : [element("p", { class: "note" }, REMEMBERED)]),
      this.status,
    );
    container.dataset.state = "asking";
  }

  /**
   * Show that the person has decided.
   *
   * @param {boolean} allow
   */
  wait(allow) {
    this.problem.hidden = true;
    this.container.dataset.state = "waiting";
    this.allow.disabled = this.without.disabled = true;
    (allow ? this.allow : this.without).textContent = "Opening…";
    this.status.textContent = "Opening.";
  }

  /** @param {import("../../shared/errors.js").WireError} error */
  fail(error) {
    this.container.dataset.state = "failed";
    this.#offer();
    this.status.textContent = "";
    this.problem.replaceChildren(...errorParts(error));
    this.problem.hidden = false;
  }

  #offer() {
    this.allow.disabled = this.without.disabled = false;
    this.allow.textContent = this.labels.allow;
    this.without.textContent = this.labels.without;
  }
}

const CLAIMED =
  "Package names come from the files themselves, and anybody can give a file any name.";

const REMEMBERED =
  "Your answer is remembered in this browser, for this address and exactly this code.";

/**
 * @param {ConsentItem[]} items
 * @param {boolean} locked
 * @returns {string[]}
 */
function introduction(items, locked) {
  if (locked) {
    return [
      "The owner of this site has decided that only the site’s own code runs here. " +
        `The data opens without ${codeInWords(items)}.`,
    ];
  }
  return [
    "It comes with the link or the imported file that you are opening, and is not part of this site. " +
      "None of it has run yet.",
    ...(items.some(({ kind }) => kind === "package") ? [` ${CLAIMED}`] : []),
  ];
}

/**
 * @param {ConsentItem} item
 * @param {URL} siteRoot
 * @param {boolean} isOfApp
 */
function codeItem(item, siteRoot, isOfApp) {
  const { name, what, address, warning } = describeCode(item, siteRoot, isOfApp);
  return element(
    "li",
    { "data-kind": item.kind },
    element("strong", {}, name),
    element("span", { class: "what" }, what),
    ...(address ? [element("code", { class: "address" }, address)] : []),
    ...(warning ? [element("span", { class: "vulnerable" }, warning)] : []),
  );
}

/**
 * @param {ConsentItem[]} items
 * @param {HTMLElement} saved
 */
function warning(items, saved) {
  const it = items.length === 1 ? "it" : "they";
  return element(
    "section",
    { class: "warning", "aria-labelledby": "could" },
    element("h2", { id: "could" }, `What ${it} could do`),
    element(
      "ul",
      {},
      element(
        "li",
        {},
        "Read and change ",
        element("strong", {}, `everything saved by ${location.host} in this browser`),
        ": this workspace, all others, and your own files in them, now and whenever it runs.",
      ),
      element("li", {}, "Send it anywhere, without asking you."),
    ),
    saved,
    element(
      "p",
      {},
      "Other sites and the files on your device stay out of reach. ",
      "Allow only what you know, in a link from somebody you trust.",
    ),
  );
}
