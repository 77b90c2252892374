/**
 * Works out the state, amount and time of each stage of a boot from the worker's messages.
 *
 * Knows nothing of the DOM and sends nothing. Times come from the worker's own clock (`elapsed`), so
 * a page that joins a boot half-way, or is reloaded during one, still shows the true ones.
 */

import { STAGES } from "../../shared/protocol.js";

/** @typedef {import("../../shared/protocol.js").ProgressMessage} ProgressMessage */

/**
 * "skipped" is a stage that this boot did not need; "failed" is the one in which it ended.
 *
 * @typedef {"waiting" | "active" | "done" | "skipped" | "failed"} StageState
 */

/**
 * @typedef {object} Stage
 * @property {string} id
 * @property {string} title
 * @property {StageState} state
 * @property {string} label
 * @property {number} [done]
 * @property {number} [total]
 * @property {"bytes" | "rows"} [unit]
 * @property {number} [spent]   ms; left out for a stage that was over before we listened
 * @property {number} [since]   while active: when it began, in ms since the boot did
 */

/**
 * Shares of a boot's time that the stages take on a first visit, roughly, in percent.
 *
 * @type {Record<string, number>}
 */
const SHARES = {
  ...{ download: 50, python: 10, plugins: 5, datasette: 10 },
  ...{ fetch: 10, import: 8, restore: 4, open: 3 },
};

/** @typedef {ReadonlyArray<readonly [id: string, title: string]>} Stages */

/** A message that is earlier on the boot's clock than the last one by this much is from another boot. */
const CLOCK_SLACK = 1000;

export class BootProgress {
  #share = 0;

  /** @param {Stages} [stages]  all of them, in order */
  constructor(stages = STAGES) {
    this.all = stages;
    /** Whether anything has been heard from the worker. */
    this.heard = false;
    /** How often the browser stopped the worker during this boot. */
    this.restarts = 0;
    /** @type {Stage[]} */
    this.stages = freshStages(this.all);
    this.lastElapsed = 0;
    this.lastHeardAt = 0;
    /** @type {number | undefined} the boot's total time, once it has ended */
    this.endedAt = undefined;
  }

  /**
   * @param {ProgressMessage} message
   * @param {number} now  of the page's clock, in ms
   */
  update(message, now) {
    if (message.elapsed + CLOCK_SLACK < this.lastElapsed) {
      this.restarts += 1;
      this.heard = false;
      this.stages = freshStages(this.all);
    }
    const index = this.stages.findIndex(({ id }) => id === message.stage);
    if (index === -1) return; // a stage that only a newer worker has
    this.stages.forEach((stage, at) => {
      if (at < index) this.#pass(stage, message.elapsed);
      // With several sources, the second is fetched after the first was imported.
      if (at > index) this.#pause(stage, message.elapsed, "waiting");
    });
    const stage = this.stages[index];
    stage.since ??= message.elapsed;
    stage.spent ??= 0;
    stage.state = "active";
    const { label, done, total, unit } = message;
    Object.assign(stage, { label, done, total, unit });
    this.heard = true;
    this.lastElapsed = message.elapsed;
    this.lastHeardAt = now;
  }

  /** @param {number} now */
  finish(now) {
    this.#end(now, "done");
  }

  /** @param {number} now */
  fail(now) {
    this.#end(now, "failed");
  }

  /**
   * @param {number} now
   * @returns {number} ms since the boot began
   */
  elapsed(now) {
    return this.endedAt ?? (this.heard ? this.lastElapsed + (now - this.lastHeardAt) : 0);
  }

  /** @returns {Stage | undefined} the one in progress */
  get active() {
    return this.stages.findLast(({ state }) => state === "active");
  }

  /** @returns {number} how much of the boot is done, from 0 to 1; it never goes back */
  get share() {
    const { active } = this;
    const at = active ? this.stages.indexOf(active) : 0;
    const before = this.stages.slice(0, at).reduce((sum, { id }) => sum + (SHARES[id] ?? 0), 0);
    const { id = "", done = 0, total = 0 } = active ?? {};
    const within = total > 0 ? Math.min(1, done / total) * (SHARES[id] ?? 0) : 0;
    this.#share = Math.max(this.#share, (before + within) / 100);
    return this.#share;
  }

  /**
   * @param {Stage} stage
   * @param {number} now
   * @returns {number | undefined} how long the stage has taken in ms, if known
   */
  stageTime({ spent, since }, now) {
    if (spent === undefined || since === undefined) return spent;
    return spent + this.elapsed(now) - since;
  }

  /**
   * The boot is at a later stage. Stages not heard of before the first message were over before we
   * listened; those skipped after that were not needed.
   *
   * @param {Stage} stage
   * @param {number} elapsed
   */
  #pass(stage, elapsed) {
    if (stage.state === "active") this.#pause(stage, elapsed, "done");
    else if (stage.state === "waiting") {
      stage.state = !this.heard || stage.spent !== undefined ? "done" : "skipped";
    }
  }

  /**
   * @param {Stage} stage
   * @param {number} elapsed
   * @param {StageState} state  what an active stage becomes
   */
  #pause(stage, elapsed, state) {
    if (stage.since === undefined) return;
    stage.spent = (stage.spent ?? 0) + elapsed - stage.since;
    stage.since = undefined;
    stage.state = state;
  }

  /**
   * @param {number} now
   * @param {"done" | "failed"} state  of the stage that was running
   */
  #end(now, state) {
    this.endedAt = this.elapsed(now);
    for (const stage of this.stages) {
      if (stage.state === "active") this.#pause(stage, this.endedAt, state);
      else if (state === "done") this.#pass(stage, this.endedAt);
    }
  }
}

/**
 * @param {Stages} stages
 * @returns {Stage[]}
 */
function freshStages(stages) {
  return stages.map(([id, title]) => ({ id, title, state: "waiting", label: "" }));
}
