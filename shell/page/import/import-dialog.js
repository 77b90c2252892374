/**
 * The dialog in which people say how to open their files, and watch them being opened.
 *
 * It is in a shadow root, since it also appears on Datasette's pages. import-entry.js draws each file's
 * row and import-progress.js the wait; the worker does the importing. `data-state` on the dialog is
 * starting, choosing, importing or done.
 */

import { LiteError, toWire } from "../../shared/errors.js";
import { withJournals } from "../../shared/journals.js";
import { instancePath } from "../../shared/paths.js";
import { CHANGES_EXISTING } from "../../shared/protocol.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker, WORKER_STOPPED } from "../worker/ask-worker.js";
import { bootInstance } from "../worker/boot-client.js";
import { element, formatBytes } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { Destination, hereAt } from "./import-destination.js";
import { ImportEntry } from "./import-entry.js";
import { ImportProgress } from "./import-progress.js";
import { importResult } from "./import-result.js";
import { cancelledInWords, stageInWords, stopped } from "./import-words.js";
import { insist } from "../worker/insist.js";
import { shadowWith, whenStyled } from "../ui/shadow.js";

/** @typedef {import("../../shared/protocol.js").AddResult} AddResult */

/**
 * @typedef {object} Brought
 * @property {File[]} files
 * @property {"file" | "paste"} kind
 * @property {number} passedOver  how many of a folder's files are not among them
 */

/** Name of the error that is the answer when the person has cancelled. */
const CANCELLED = "Cancelled";

/** @type {ImportDialog | undefined} */
let current;

/**
 * @param {string | undefined} key  of the workspace of the page, if it is one of a workspace
 * @param {Brought} brought  added to files already in the dialog
 */
export async function showImportDialog(key, brought) {
  const here = key === undefined ? undefined : await hereAt(key);
  if (current) return current.add(brought);
  current = new ImportDialog(here, () => (current = undefined));
  current.add(brought);
  await current.show();
}

class ImportDialog {
  #destination;
  /** Key of a new workspace that is still empty, so that it can go if nothing is imported. */
  #emptyKey = "";
  /** Counts the starts, so that what an outdated one leads to is dropped. */
  #starts = 0;
  #onClose;
  /** @type {ImportEntry[]} */
  #entries = [];
  #passedOver = 0;
  #ready = false;
  #looking = false;
  /** A remark to show beside the status. */
  #remark = "";
  #abort = new AbortController();
  /** Called when every file has been looked at. */
  #onLooked = () => {};
  #wanted = false;

  /**
   * @param {import("./import-destination.js").Here | undefined} here  the workspace of the page
   * @param {() => void} onClose
   */
  constructor(here, onClose) {
    this.#destination = new Destination(here, {
      onMove: () => void this.#move(),
      onDatabase: () => void this.#lookAgain(),
    });
    this.#onClose = onClose;
    this.host = element("div");
    this.root = shadowWith(this.host, ["site.css", "import-dialog.css"]);
    this.title = element("h2", { id: "title", tabindex: "-1" });
    this.starting = element("p", { class: "starting" });
    this.problem = element("section", { class: "problem", role: "alert", hidden: true });
    this.list = element("ol", { class: "files" });
    this.status = element("p", { class: "status", role: "status" });
    this.go = element("button", { class: "primary" }, "Import");
    const cancel = element("button", { type: "button", class: "plain" }, "Cancel");
    cancel.addEventListener("click", () => this.close());
    this.form = element(
      "form",
      { method: "dialog", novalidate: true },
      element("div", { class: "head" }, this.title, this.starting),
      element("div", { class: "body" }, this.problem, this.list, this.#destination.node),
      element(
        "div",
        { class: "foot" },
        this.status,
        element("p", { class: "actions" }, this.go, cancel),
      ),
    );
    this.other = element("div", { hidden: true });
    this.dialog = element("dialog", { "aria-labelledby": "title" }, this.form, this.other);
    this.root.append(this.dialog);
    this.#listen();
  }

  async show() {
    document.body.append(this.host);
    await whenStyled(this.root);
    this.dialog.showModal();
    this.title.focus();
    await this.#start();
  }

  /** @param {Brought} brought */
  add({ files, kind, passedOver }) {
    if (this.dialog.dataset.state === "importing") return;
    if (this.dialog.dataset.state === "done") return; // its page is about to be left
    this.#passedOver += passedOver;
    for (const { database, journals } of withJournals(files, ({ name }) => name)) {
      const entry = new ImportEntry(this.#destination, database, journals, kind, () =>
        this.#draw(),
      );
      entry.toggle.addEventListener("click", () => this.#unfold(entry.open ? undefined : entry));
      this.#entries.push(entry);
      this.list.append(entry.node);
    }
    if (this.#entries.length === 0) {
      this.#fail(toWire(new LiteError("This folder has no data that can be opened.")));
    }
    this.#draw();
    if (this.#ready) void this.#lookAtAll();
  }

  close() {
    this.dialog.close();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    // An accidental key press must not end an import; a button does that.
    this.dialog.addEventListener("cancel", (event) => {
      if (this.dialog.dataset.state === "importing") event.preventDefault();
    });
    this.dialog.addEventListener("close", () => {
      this.#abort.abort();
      removeEventListener("beforeunload", keepPage);
      this.host.remove();
      this.#onClose();
      this.#leaveEmpty();
    });
    // Datasette's pages have shortcuts, which must not react to typing here.
    this.host.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** Delete the new workspace if nothing was imported into it. */
  #leaveEmpty() {
    const key = this.#emptyKey;
    this.#emptyKey = "";
    if (key !== "") void askWorker({ type: "forget", keys: [key] }).catch(() => {});
  }

  /** The files go to another workspace. */
  async #move() {
    this.#leaveEmpty();
    this.#ready = false;
    for (const entry of this.#entries) entry.startOver();
    await this.#start();
  }

  /** Names may be taken in another database. */
  async #lookAgain() {
    for (const entry of this.#entries) if (!entry.hopeless) entry.startOver();
    if (this.#ready) await this.#lookAtAll();
  }

  /** Start the instance. On a page of Datasette it is already running most of the time. */
  async #start() {
    const start = (this.#starts += 1);
    const { key, isNew } = this.#destination;
    if (isNew) this.#emptyKey = key;
    this.dialog.dataset.state = "starting";
    this.problem.hidden = true;
    this.starting.textContent = "Starting Datasette…";
    this.#draw();
    try {
      await bootInstance(key, false, {
        onProgress: (message) => {
          if (start === this.#starts) this.starting.textContent = stageInWords(message);
        },
        onSilence: () => (this.starting.textContent = "Still waiting for Datasette to start…"),
        isNew,
      });
      if (start !== this.#starts) return;
    } catch (error) {
      if (start !== this.#starts) return;
      const retry = element("button", { type: "button", class: "plain" }, "Try again");
      retry.addEventListener("click", () => void this.#start());
      this.#fail(toWire(error), retry);
      return;
    } finally {
      if (start === this.#starts) this.starting.textContent = "";
    }
    this.#ready = true;
    this.dialog.dataset.state = "choosing";
    await this.#lookAtAll();
  }

  /** Looks at one file after the other, since Python can do no more, and the first is the one in view. */
  async #lookAtAll() {
    if (this.#looking) return;
    this.#looking = true;
    const next = () => this.#ready && this.#entries.find(({ state }) => state === "waiting");
    for (let entry; (entry = next());) {
      await entry.look();
      // Show the file with a question; without one, the list is the better overview.
      if (entry.question && !this.#entries.some(({ open }) => open)) this.#unfold(entry);
    }
    this.#looking = false;
    this.#draw();
  }

  /** @param {ImportEntry | undefined} wanted  the only file whose options are shown */
  #unfold(wanted) {
    for (const entry of this.#entries) entry.open = entry === wanted;
  }

  /** The person wants to go on: import once everything is known, unless a question remains. */
  async #submit() {
    if (this.#wanted || this.go.getAttribute("aria-disabled") === "true") return;
    this.#wanted = true;
    const asked = new Map(this.#entries.map((entry) => [entry, entry.question]));
    if (this.#pending > 0) await new Promise((resolve) => (this.#onLooked = () => resolve(null)));
    this.#wanted = false;
    const isNew = (/** @type {ImportEntry} */ entry) =>
      entry.importable && entry.question !== "" && entry.question !== asked.get(entry);
    const asking = this.#entries.find(isNew);
    if (asking) this.#unfold(asking);
    else if (this.host.isConnected) await this.#import();
  }

  /**
   * @param {ImportEntry[]} [chosen]
   * @param {boolean} [mayChange]  see FileToAdd
   */
  async #import(chosen = this.#entries.filter(({ importable }) => importable), mayChange = false) {
    if (chosen.length === 0) return;
    this.#abort = new AbortController();
    const files = chosen.map(({ file }) => file);
    const progress = new ImportProgress(files, () => this.#abort.abort());
    this.#instead("importing", progress.node, progress.title);
    addEventListener("beforeunload", keepPage);
    const wasEmpty = this.#emptyKey;
    this.#emptyKey = ""; // whatever happens, it may no longer be empty
    const { key, name } = this.#destination;
    try {
      /** @type {AddResult} */
      const result = await askWorker(
        {
          type: "add",
          key,
          title: name,
          files: chosen.map((one) => ({ ...one.toAdd(), mayChange })),
        },
        { signal: this.#abort.signal, onProgress: (report) => progress.update(report) },
      );
      this.#finish(result);
    } catch (error) {
      const wire = toWire(error);
      this.#back(chosen.slice(0, progress.file));
      if (wire.name === CANCELLED && progress.file === 0) this.#emptyKey = wasEmpty;
      if (wire.name === CANCELLED) this.#say(cancelledInWords(files, progress.file));
      else if (wire.name === WORKER_STOPPED) this.#offerToGoOn(files, progress.file);
      else this.#fail(wire);
    } finally {
      removeEventListener("beforeunload", keepPage);
    }
  }

  /**
   * @param {File[]} files
   * @param {number} done  how many of them were imported before the worker was stopped
   */
  #offerToGoOn(files, done) {
    const again = element("button", { type: "button", class: "plain" }, "Try again");
    again.addEventListener("click", () => void this.#import());
    this.#fail(toWire(stopped(files, done)), again);
    again.focus();
  }

  /** @param {AddResult} result */
  #finish(result) {
    const { notes, problems } = result;
    removeEventListener("beforeunload", keepPage);
    if (notes.length + problems.length === 0) return this.#leave(result.path);
    const heading = element("h2", { tabindex: "-1" });
    const buttons = [];
    const changing = problems.filter(({ name }) => name === CHANGES_EXISTING);
    const scripts = this.#entries.filter(({ file }) =>
      changing.some(({ source }) => source === file.name),
    );
    if (scripts.length > 0) {
      const run = element("button", { type: "button", class: "primary danger" }, "Run on my data");
      run.addEventListener("click", () => void this.#import(scripts, true));
      buttons.push(run);
    }
    if (result.added.length > 0) {
      const show = element("button", { type: "button", class: "primary" }, "Show the data");
      show.addEventListener("click", () => this.#leave(result.path));
      buttons.push(show);
    }
    const close = element("button", { type: "button", class: "plain" }, "Close");
    close.addEventListener("click", () => this.close());
    this.#instead("done", importResult(heading, result, [...buttons, close]), heading);
  }

  /** @param {string} path  of what was opened */
  #leave(path) {
    this.dialog.dataset.state = "done";
    const go = () => {
      const target = SITE_ROOT.href + instancePath(this.#destination.key) + path;
      if (target === location.href) location.reload();
      else location.assign(target);
    };
    go();
    insist(go);
  }

  /**
   * Show something instead of the form.
   *
   * @param {"importing" | "done"} state
   * @param {HTMLElement} node
   * @param {HTMLElement} heading
   */
  #instead(state, node, heading) {
    this.dialog.dataset.state = state;
    this.form.hidden = true;
    this.problem.hidden = true;
    this.other.hidden = false;
    this.other.replaceChildren(node);
    heading.focus();
  }

  /** @param {ImportEntry[]} done  files that were imported before it went wrong */
  #back(done) {
    for (const { node } of done) node.remove();
    this.#entries = this.#entries.filter((entry) => !done.includes(entry));
    this.dialog.dataset.state = "choosing";
    this.form.hidden = false;
    this.other.hidden = true;
    this.#draw();
    this.title.focus();
  }

  /**
   * @param {import("../../shared/errors.js").WireError} error
   * @param {...HTMLElement} actions
   */
  #fail(error, ...actions) {
    this.problem.replaceChildren(
      ...errorParts(error),
      ...(actions.length > 0 ? [element("p", { class: "actions" }, ...actions)] : []),
    );
    this.problem.hidden = false;
  }

  /** @param {string} remark */
  #say(remark) {
    this.#remark = remark;
    this.#draw();
    this.#remark = "";
  }

  get #pending() {
    return this.#entries.filter((entry) => entry.pending).length;
  }

  #draw() {
    const all = this.#entries;
    const importable = all.filter((entry) => entry.importable);
    const pending = this.#pending;
    const [only] = all;
    this.dialog.toggleAttribute("data-single", all.length === 1);
    this.title.textContent =
      all.length === 1 ? `Open ${only.file.name}` : `Open ${all.length} files`;
    if (all.length === 1) only.open = !only.hopeless;
    this.go.textContent =
      all.length === 1
        ? "Import"
        : importable.length + pending === all.length
          ? "Import all"
          : `Import ${importable.length + pending} of ${all.length}`;
    this.#destination.nameAfter(
      all.filter(({ wanted, hopeless }) => wanted && !hopeless).map(({ file }) => file.name),
    );
    this.#destination.offer(all.find(({ tables }) => tables)?.tables);
    const unready = !this.#ready || importable.length + pending === 0;
    this.go.setAttribute("aria-disabled", String(unready));
    this.status.textContent = this.#remark || this.#statusInWords(pending, importable);
    if (pending === 0) this.#onLooked();
  }

  /**
   * @param {number} pending
   * @param {ImportEntry[]} importable
   */
  #statusInWords(pending, importable) {
    const count = this.#entries.length;
    if (pending > 0 && this.#ready && count > 1) {
      return `Looking at ${count - pending + 1} of ${count} files…`;
    }
    const size = importable.reduce((sum, { file }) => sum + file.size, 0);
    const amount =
      importable.length > 1 ? `${importable.length} files, ${formatBytes(size)}. ` : "";
    const others =
      this.#passedOver > 0
        ? `${this.#passedOver} ${this.#passedOver === 1 ? "file" : "files"} of other kinds skipped. `
        : "";
    return `${amount}${others}${this.#destination.words} Nothing leaves this device.`;
  }
}

/** @param {BeforeUnloadEvent} event */
function keepPage(event) {
  event.preventDefault();
}
