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
import { element } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { Conflicts } from "./import-conflicts.js";
import { Destination, hereAt } from "./import-destination.js";
import { ImportEntry } from "./import-entry.js";
import { importFrame } from "./import-frame.js";
import { keepHandle } from "./file-handles.js";
import { ImportProgress } from "./import-progress.js";
import { importResult } from "./import-result.js";
import { cancelledInWords, stageInWords, statusInWords, stopped } from "./import-words.js";
import { insist } from "../worker/insist.js";
import { whenStyled } from "../ui/shadow.js";

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
  #view;
  #destination;
  #conflicts = new Conflicts();
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
    this.#view = importFrame([this.#conflicts.node], [this.#destination.node]);
    this.#view.cancel.addEventListener("click", () => this.close());
    this.#listen();
  }

  async show() {
    document.body.append(this.#view.host);
    await whenStyled(this.#view.root);
    this.#view.dialog.showModal();
    this.#view.title.focus();
    await this.#start();
  }

  /** @param {Brought} brought */
  add({ files, kind, passedOver }) {
    if (this.#view.dialog.dataset.state === "importing") return;
    if (this.#view.dialog.dataset.state === "done") return; // its page is about to be left
    this.#passedOver += passedOver;
    for (const { database, journals } of withJournals(files, ({ name }) => name)) {
      const entry = new ImportEntry(this.#destination, database, journals, kind, () =>
        this.#draw(),
      );
      entry.toggle.addEventListener("click", () => this.#unfold(entry.open ? undefined : entry));
      this.#entries.push(entry);
      this.#view.list.append(entry.node);
    }
    if (this.#entries.length === 0) {
      this.#fail(toWire(new LiteError("This folder has no data that can be opened.")));
    }
    this.#draw();
    if (this.#ready) void this.#lookAtAll();
  }

  close() {
    this.#view.dialog.close();
  }

  #listen() {
    this.#view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    // An accidental key press must not end an import; a button does that.
    this.#view.dialog.addEventListener("cancel", (event) => {
      if (this.#view.dialog.dataset.state === "importing") event.preventDefault();
    });
    this.#view.dialog.addEventListener("close", () => {
      this.#abort.abort();
      removeEventListener("beforeunload", keepPage);
      this.#view.host.remove();
      this.#onClose();
      this.#leaveEmpty();
    });
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
    this.#view.dialog.dataset.state = "starting";
    this.#view.problem.hidden = true;
    this.#view.starting.textContent = "Starting Datasette…";
    this.#draw();
    try {
      await bootInstance(key, false, {
        onProgress: (message) => {
          if (start === this.#starts) this.#view.starting.textContent = stageInWords(message);
        },
        onSilence: () =>
          (this.#view.starting.textContent = "Still waiting for Datasette to start…"),
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
      if (start === this.#starts) this.#view.starting.textContent = "";
    }
    this.#ready = true;
    this.#view.dialog.dataset.state = "choosing";
    await this.#lookAtAll();
  }

  /** Looks at one file after the other, since Python can do no more, and the first is the one in view. */
  async #lookAtAll() {
    if (this.#looking) return;
    this.#looking = true;
    const next = () => this.#ready && this.#entries.find(({ state }) => state === "waiting");
    for (let entry; (entry = next());) await entry.look();
    this.#looking = false;
    this.#draw();
  }

  /** @param {ImportEntry | undefined} wanted  the only file whose options are shown */
  #unfold(wanted) {
    for (const entry of this.#entries) entry.open = entry === wanted;
  }

  /** The person wants to go on: import once everything is known, and every question answered. */
  async #submit() {
    if (this.#wanted || this.#view.go.getAttribute("aria-disabled") === "true") return;
    this.#wanted = true;
    if (this.#pending > 0) await new Promise((resolve) => (this.#onLooked = () => resolve(null)));
    this.#wanted = false;
    if (!this.#view.host.isConnected) return;
    if (!this.#conflicts.isOpen) return this.#import();
    this.#conflicts.focus();
    this.#say("First choose what to do about names that are taken.");
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
      await this.#keepHandles(chosen);
      this.#finish(result, chosen);
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

  /**
   * Before the page changes, which would end it.
   *
   * @param {ImportEntry[]} chosen
   */
  #keepHandles(chosen) {
    const { key } = this.#destination;
    return Promise.all(chosen.map(({ file, addition }) => keepHandle(file, addition, key)));
  }

  /**
   * @param {AddResult} result
   * @param {ImportEntry[]} chosen  what was to be imported
   */
  #finish(result, chosen) {
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
    const changes = chosen.map((entry, index) => ({
      entry,
      added: result.added.filter(({ file }) => file === index),
    }));
    const changeable = changes.filter(({ entry, added }) => entry.canChange(added));
    if (changeable.length > 0) {
      const change = element("button", { type: "button", class: "plain" }, "Change and retry");
      change.addEventListener("click", () => this.#change(changeable));
      buttons.push(change);
    }
    const close = element("button", { type: "button", class: "plain" }, "Close");
    close.addEventListener("click", () => this.close());
    this.#instead("done", importResult(heading, result, [...buttons, close]), heading);
  }

  /**
   * Show the choices again, for an import in place of the one before.
   *
   * @param {Array<{entry: ImportEntry, added: AddResult["added"]}>} changes
   */
  #change(changes) {
    for (const { entry, added } of changes) entry.change(added);
    this.#entries = changes.map(({ entry }) => entry);
    this.#view.list.replaceChildren(...this.#entries.map(({ node }) => node));
    this.#destination.settle();
    this.#back([]);
    void this.#lookAtAll();
  }

  /** @param {string} path  of what was opened */
  #leave(path) {
    this.#view.dialog.dataset.state = "done";
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
    this.#view.dialog.dataset.state = state;
    this.#view.form.hidden = true;
    this.#view.problem.hidden = true;
    this.#view.other.hidden = false;
    this.#view.other.replaceChildren(node);
    heading.focus();
  }

  /** @param {ImportEntry[]} done  files that were imported before it went wrong */
  #back(done) {
    for (const { node } of done) node.remove();
    this.#entries = this.#entries.filter((entry) => !done.includes(entry));
    this.#view.dialog.dataset.state = "choosing";
    this.#view.form.hidden = false;
    this.#view.other.hidden = true;
    this.#view.other.replaceChildren();
    this.#draw();
    this.#view.title.focus();
  }

  /**
   * @param {import("../../shared/errors.js").WireError} error
   * @param {...HTMLElement} actions
   */
  #fail(error, ...actions) {
    this.#view.problem.replaceChildren(
      ...errorParts(error),
      ...(actions.length > 0 ? [element("p", { class: "actions" }, ...actions)] : []),
    );
    this.#view.problem.hidden = false;
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
    this.#view.dialog.toggleAttribute("data-single", all.length === 1);
    this.#view.title.textContent =
      all.length === 1 ? `Open ${only.file.name}` : `Open ${all.length} files`;
    if (all.length === 1) only.open = !only.hopeless;
    this.#view.go.textContent =
      all.length === 1
        ? "Import"
        : importable.length + pending === all.length
          ? "Import all"
          : `Import ${importable.length + pending} of ${all.length}`;
    this.#destination.nameAfter(
      all.filter(({ wanted, hopeless }) => wanted && !hopeless).map(({ file }) => file.name),
    );
    this.#conflicts.show(all.flatMap(({ conflicts }) => conflicts));
    this.#destination.offer(all.find(({ tables }) => tables)?.tables);
    const unready = !this.#ready || importable.length + pending === 0;
    this.#view.go.setAttribute("aria-disabled", String(unready));
    this.#view.status.textContent =
      this.#remark ||
      statusInWords({
        count: all.length,
        pending: this.#ready ? pending : 0,
        sizes: importable.map(({ file }) => file.size),
        passedOver: this.#passedOver,
        destination: this.#destination.words,
      });
    if (pending === 0) this.#onLooked();
  }
}

/** @param {BeforeUnloadEvent} event */
function keepPage(event) {
  event.preventDefault();
}
