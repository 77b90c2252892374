/**
 * Shows a boot: what is being opened, how much of it is done, and how it failed; the stages with their
 * amounts and times are folded away.
 *
 * Used by the launcher and by the pages under app/. Draws into the element it is given; boot-client.js
 * talks to the worker. `data-state` on that element names the state the boot is in (registering,
 * booting, asking, ready, failed), for both tests and the stylesheet.
 */

import { BootProgress } from "./boot-progress.js";
import { FirstRows } from "./first-rows.js";
import { sourceItem } from "../ui/describe-sources.js";
import { element, formatAmount, formatDuration } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { timeLeft } from "../ui/time-left.js";

/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../../shared/protocol.js").ProgressMessage} ProgressMessage */
/** @typedef {import("./boot-progress.js").Stage} Stage */

const REDRAW_MILLISECONDS = 100;

const FIRST_START =
  "The first start takes longest. After that, the browser keeps Python and Datasette.";

/** Spoken and, for stages without a time to show, written. */
const STATE_WORDS = {
  waiting: "waiting",
  active: "in progress",
  done: "done",
  skipped: "not needed",
  failed: "failed",
};

/**
 * @typedef {object} BootSubject
 * @property {string} name     completes the sentence "Opening …"
 * @property {import("../ui/describe-sources.js").SourceWords[]} sources
 * @property {string} homeHref  address of the launcher
 * @property {import("./boot-progress.js").Stages} [stages]  of the boot, if not those of Datasette's
 */

export class BootView {
  /**
   * @param {HTMLElement} container
   * @param {BootSubject} subject
   * @param {object} wishes
   * @param {() => void} wishes.onRetry  the person asked to try again
   * @param {() => void} [wishes.onOpenSaved]  they want what is saved, and not to wait for newer data
   */
  constructor(container, subject, { onRetry, onOpenSaved = () => {} }) {
    this.container = container;
    this.subject = subject;
    this.onRetry = onRetry;
    this.progress = new BootProgress(subject.stages);
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.clock = undefined;
    this.announced = "";
    this.note = "";

    this.heading = element("h1", { tabindex: "-1" });
    this.problem = element("section", {
      class: "problem",
      hidden: true,
      "aria-label": "What went wrong",
    });
    this.choice = element("section", {
      class: "choice",
      hidden: true,
      "aria-label": "Your choice",
    });
    this.rows = this.progress.stages.map(stageRow);
    this.bar = element("progress", { max: "1", "aria-label": "Progress" });
    this.now = element("p", { class: "now" });
    this.rest = element("p", { class: "rest" });
    this.elapsed = element("p", { class: "elapsed" });
    this.details = element(
      "details",
      { class: "boot-details" },
      element("summary", {}, "Details"),
      element(
        "ol",
        { class: "stages", "aria-label": "Stages" },
        ...this.rows.map(({ row }) => row),
      ),
      this.elapsed,
    );
    this.whole = element(
      "section",
      { class: "whole", hidden: true, "aria-label": "Progress" },
      this.bar,
      element("div", { class: "amounts" }, this.now, this.rest),
      this.details,
    );
    const openSaved = element("button", { type: "button", class: "quiet" }, "Open the saved copy");
    openSaved.addEventListener("click", () => {
      this.start();
      onOpenSaved();
    });
    this.saved = element("section", { class: "choice", hidden: true, "aria-label": "Saved copy" });
    this.saved.append(
      element("p", {}, "Newer data is loading. You don’t have to wait for it."),
      element("p", { class: "actions" }, openSaved),
    );
    this.firstRows = new FirstRows();
    this.status = element("p", { class: "visually-hidden", role: "status" });
    container.replaceChildren(
      element("div", { class: "page-header" }, this.heading),
      sourceList(subject.sources),
      this.problem,
      this.choice,
      this.whole,
      this.saved,
      this.firstRows.box,
      this.status,
    );
  }

  /** A boot begins, for the first time or again. */
  start() {
    this.progress = new BootProgress(this.subject.stages);
    this.saved.hidden = true;
    this.whole.hidden = false;
    this.problem.hidden = true;
    this.problem.replaceChildren();
    this.#enter("registering", `Opening ${this.subject.name}`);
    clearInterval(this.clock);
    this.clock = setInterval(() => this.#draw(), REDRAW_MILLISECONDS);
    this.#draw();
  }

  /** @param {ProgressMessage} message */
  update(message) {
    this.progress.update(message, performance.now());
    this.saved.hidden = !message.hasSaved;
    if (message.head) void this.firstRows.show(message.head);
    this.note = "";
    this.container.dataset.state = "booting";
    this.container.dataset.stage = message.stage;
    this.#announceStage();
  }

  /** @param {number} milliseconds */
  showSilence(milliseconds) {
    const seconds = Math.round(milliseconds / 1000);
    this.#announce(`The service worker has not answered for ${seconds} seconds. Asking it again.`);
    this.note = ` No answer for ${seconds} s; asking again.`;
  }

  /**
   * The workspace answers neither messages nor the page load.
   *
   * @param {string} href  of the page with the options that remain
   */
  showUnresponsive(href) {
    if (!this.problem.hidden) return;
    const message = "The workspace does not answer. It may be busy with something large, or hang.";
    this.problem.replaceChildren(
      element("p", { class: "message" }, message),
      element(
        "p",
        { class: "actions" },
        element("a", { class: "primary", href }, "See what you can do"),
      ),
    );
    this.problem.hidden = false;
    this.#announce(message);
  }

  /** It answers again. */
  hideUnresponsive() {
    if (this.container.dataset.state !== "failed") this.problem.hidden = true;
  }

  /** The instance answers; the page is about to go there. */
  finish() {
    this.progress.finish(performance.now());
    this.container.dataset.state = "ready";
    this.#stop();
    this.#announce("Ready.");
  }

  /**
   * Ask for something that only the person can decide.
   *
   * @template T
   * @param {string} question  the heading
   * @param {Array<Node | string>} explanation  paragraphs
   * @param {Array<{label: string, value: T}>} options  the first one is the harmless one
   * @returns {Promise<T>}
   */
  choose(question, explanation, options) {
    this.#enter("asking", question);
    this.#stop();
    return new Promise((resolve) => {
      const buttons = options.map(({ label, value }, index) => {
        const look = index === 0 ? "primary" : "quiet";
        const button = element("button", { type: "button", class: look }, label);
        button.addEventListener("click", () => {
          this.choice.hidden = true;
          resolve(value);
        });
        return button;
      });
      this.choice.replaceChildren(
        ...explanation.map((paragraph) => element("p", {}, paragraph)),
        element("p", { class: "actions" }, ...buttons),
      );
      this.choice.hidden = false;
      this.#announce(question);
    });
  }

  /** @param {WireError} error */
  fail(error) {
    this.progress.fail(performance.now());
    this.#enter("failed", `Could not open ${this.subject.name}`);
    this.#stop();
    const retry = element("button", { type: "button", class: "primary" }, "Try again");
    retry.addEventListener("click", () => this.onRetry());
    this.problem.replaceChildren(
      ...errorParts(error),
      element(
        "p",
        { class: "actions" },
        retry,
        element("a", { href: this.subject.homeHref }, "Choose other data"),
      ),
    );
    this.problem.hidden = false;
    this.#announce(error.message);
  }

  /**
   * @param {string} state
   * @param {string} heading
   */
  #enter(state, heading) {
    // Only a change moves the focus: people read a page that has just opened from its top anyway.
    const changed = this.heading.textContent !== "";
    this.container.dataset.state = state;
    this.firstRows.clear();
    this.heading.textContent = heading;
    document.title = `${heading} · Datasette Lite`;
    if (changed) this.heading.focus({ preventScroll: true });
  }

  #stop() {
    this.saved.hidden = true;
    clearInterval(this.clock);
    this.#draw();
  }

  #draw() {
    const now = performance.now();
    this.progress.stages.forEach((stage, index) => {
      drawStage(this.rows[index], stage, this.progress.stageTime(stage, now));
    });
    setText(this.elapsed, this.#elapsedInWords(formatDuration(this.progress.elapsed(now))));
    this.#drawWhole(now);
  }

  /** @param {number} now */
  #drawWhole(now) {
    const { progress } = this;
    const { active } = progress;
    const state = this.container.dataset.state;
    if (state === "ready") this.bar.value = 1;
    // Without a value it moves from the first frame on.
    else if (progress.heard) this.bar.value = progress.share;
    else this.bar.removeAttribute("value");
    const isOver = state === "failed" || state === "asking";
    this.bar.hidden = isOver;
    const amount = active ? formatAmount(active) : "";
    const title = active?.title ?? (state === "ready" ? "Ready" : "Starting");
    setText(this.now, isOver ? "" : [title, amount].filter(Boolean).join(": "));
    const left = state === "booting" ? timeLeft(progress.elapsed(now), progress.share) : "";
    setText(this.rest, left);
  }

  /** @param {string} time */
  #elapsedInWords(time) {
    const { heard, restarts, stages } = this.progress;
    switch (this.container.dataset.state) {
      case "registering":
        return "Starting the service worker…";
      case "asking":
        return "";
      case "ready":
        return `Ready after ${time}.`;
      case "failed":
        return heard ? `Stopped after ${time}.` : "";
    }
    const restarted = restarts > 0 ? " The browser stopped the worker, so this started over." : "";
    const first = stages[0].state === "active" ? ` ${FIRST_START}` : "";
    return `${time} so far.${this.note}${restarted || first}`;
  }

  /** Say a stage's title once, when it begins. Anything more often would talk over the person. */
  #announceStage() {
    const { active } = this.progress;
    if (active) this.#announce(active.title);
  }

  /** @param {string} text */
  #announce(text) {
    if (text !== this.announced) this.status.textContent = text;
    this.announced = text;
  }
}

/** @param {import("../ui/describe-sources.js").SourceWords[]} sources */
function sourceList(sources) {
  return element(
    "ul",
    { class: "sources", hidden: sources.length === 0, "aria-label": "What is opened" },
    ...sources.map(sourceItem),
  );
}

/** @param {Stage} stage */
function stageRow({ id, title }) {
  const amount = element("span", { class: "amount" });
  const label = element("span", { class: "label" });
  const time = element("span", { class: "time" });
  const state = element("span", { class: "visually-hidden" });
  const fill = element("div", { class: "fill" });
  const bar = element(
    "div",
    { class: "bar", role: "progressbar", "aria-label": title, hidden: true },
    fill,
  );
  const row = element(
    "li",
    { "data-id": id },
    element("span", { class: "mark", "aria-hidden": "true" }),
    element("span", { class: "title" }, title, state),
    label,
    amount,
    time,
    bar,
  );
  return { row, amount, label, time, state, bar, fill };
}

/**
 * @param {ReturnType<typeof stageRow>} parts
 * @param {Stage} stage
 * @param {number | undefined} time
 */
function drawStage({ row, amount, label, time: timeCell, state, bar, fill }, stage, time) {
  row.dataset.state = stage.state;
  setText(label, stage.label === stage.title ? "" : stage.label);
  // The last report before a stage ends is seldom the final one, so show what is done as complete.
  const ended = stage.state === "done" && stage.total !== undefined;
  setText(amount, formatAmount(ended ? { done: stage.total, unit: stage.unit } : stage));
  setText(
    timeCell,
    time !== undefined ? formatDuration(time) : stage.state === "skipped" ? "not needed" : "",
  );
  setText(state, `: ${STATE_WORDS[stage.state]}`);
  bar.hidden = stage.state !== "active";
  if (bar.hidden) return;
  const { done, total } = stage;
  const measured = done !== undefined && total !== undefined && total > 0;
  bar.classList.toggle("unmeasured", !measured);
  if (!measured) {
    bar.removeAttribute("aria-valuenow");
    bar.removeAttribute("aria-valuetext");
    fill.style.transform = "";
    return;
  }
  const fraction = Math.min(1, done / total);
  bar.setAttribute("aria-valuenow", String(Math.floor(fraction * 100)));
  bar.setAttribute("aria-valuetext", amount.textContent || `${Math.floor(fraction * 100)} %`);
  fill.style.transform = `scaleX(${fraction})`;
}

/**
 * Leaves an unchanged node alone: assistive technology announces every write.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
