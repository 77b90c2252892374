/**
 * Tracks how far the start of an instance is, and reports it to those who watch.
 */

/** @typedef {import("../../shared/protocol.js").Progress} Progress */
/** @typedef {import("../../shared/protocol.js").SourceHead} SourceHead */
/** @typedef {Omit<Progress, "elapsed" | "hasSaved" | "head">} Step */
/** @typedef {(progress: Progress) => void} Watcher */

/** ms: watchers get a report at most this often (REPORT_EVERY), and at least this often (HEARTBEAT). */
const REPORT_EVERY = 100;
const HEARTBEAT = 1000;

export class BootProgress {
  /** @type {Map<Watcher, SourceHead | undefined>} each with the head that it has been given */
  #watchers = new Map();
  /** @type {Set<() => void>} called when somebody begins to watch */
  #awaiting = new Set();
  /** Whether the start replaces saved data that could be opened instead. */
  hasSaved = false;
  /** @type {Step} */
  #step = { stage: "download", label: "" };
  /** @type {SourceHead | undefined} */
  #head;
  #startedAt = 0;
  #reportedAt = 0;

  /** @returns {Progress} */
  get progress() {
    const elapsed = Math.round(performance.now() - this.#startedAt);
    return { ...this.#step, elapsed, ...(this.hasSaved && { hasSaved: true }) };
  }

  /** @returns {Step["stage"]} */
  get stage() {
    return this.#step.stage;
  }

  /** @param {Watcher} watcher  gets a report at once */
  watch(watcher) {
    this.#watchers.set(watcher, undefined);
    this.#tell(watcher);
    for (const begin of this.#awaiting) begin();
    this.#awaiting.clear();
  }

  /** @param {Watcher} watcher */
  unwatch(watcher) {
    this.#watchers.delete(watcher);
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>} settled when somebody watches, after `ms` at the latest
   */
  watched(ms) {
    if (this.#watchers.size > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaiting.add(resolve);
      setTimeout(resolve, ms);
    });
  }

  /**
   * Report to the watchers, even when nothing is new, until `work` is over.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async during(work) {
    this.#startedAt = performance.now();
    const heartbeat = setInterval(() => this.#tellAll(), HEARTBEAT);
    try {
      return await work();
    } finally {
      clearInterval(heartbeat);
      this.#head = undefined;
    }
  }

  /** @param {Step} step */
  report(step) {
    const isNew = step.stage !== this.#step.stage || step.label !== this.#step.label;
    this.#step = step;
    if (isNew || performance.now() - this.#reportedAt > REPORT_EVERY) this.#tellAll();
  }

  /** @param {SourceHead} head  of a source, replacing a shorter one */
  showHead(head) {
    this.#head = head;
    this.#tellAll();
  }

  #tellAll() {
    this.#reportedAt = performance.now();
    for (const watcher of this.#watchers.keys()) this.#tell(watcher);
  }

  /** @param {Watcher} watcher */
  #tell(watcher) {
    const head = this.#head;
    const isNew = head !== undefined && head !== this.#watchers.get(watcher);
    this.#watchers.set(watcher, head);
    watcher({ ...this.progress, ...(isNew && { head }) });
  }
}
