/**
 * Tracks what the browser has yet to run for one Python, and drops it when that Python ends.
 *
 * An open message port or a running timer holds all memory of the Python that it may call. Pyodide never
 * closes the message channel by which it schedules tasks, and it leaves timers running that Python has
 * cancelled or no longer waits for: the limit on the startup of plugins, or a plugin that sleeps for an hour.
 */

/** ms: Pyodide runs a task with less delay than this by its message channel. */
const IMMEDIATE = 2;

/** @type {PythonTasks | undefined} whose Pyodide is being made at this very moment */
let making;

class TrackedChannel extends MessageChannel {
  constructor() {
    super();
    making?.track(this);
  }
}

Object.assign(globalThis, { MessageChannel: TrackedChannel });

export class PythonTasks {
  /** @type {MessagePort[]} */
  #ports = [];
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #timers = new Set();
  #isEnded = false;

  /** @returns {boolean} whether it was ended, maybe before its Python was made */
  get isEnded() {
    return this.#isEnded;
  }

  /**
   * Make a Pyodide module whose tasks are tracked.
   *
   * @param {(settings: any) => Promise<any>} create  createPyodideModule, which makes its channel before it
   *   first waits
   * @param {any} settings
   * @returns {Promise<any>}
   */
  async make(create, settings) {
    making = this;
    let made;
    try {
      made = create(settings);
    } finally {
      making = undefined;
    }
    const module = await made;
    this.#schedule(module.API);
    return module;
  }

  /** @param {MessageChannel} channel  of the Pyodide that is being made */
  track({ port1, port2 }) {
    this.#ports.push(port1, port2);
    if (this.#isEnded) this.end();
  }

  /**
   * Have Pyodide schedule its tasks here, before Python asks for the function that does it.
   *
   * @param {any} api  Pyodide's own
   */
  #schedule(api) {
    const immediately = api.scheduleCallback;
    const expected = api.getExpectedKeys;
    const schedule = (/** @type {() => void} */ task, delay = 0) => {
      if (this.#isEnded) return;
      if (delay <= IMMEDIATE) return immediately(task, delay);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        task();
      }, delay);
      this.#timers.add(timer);
    };
    api.scheduleCallback = schedule;
    // A snapshot of memory does not hold this function, but says where Pyodide has it.
    api.getExpectedKeys = () =>
      expected().map((/** @type {unknown} */ one) => (one === immediately ? schedule : one));
  }

  /** Drop all tasks. None is run or accepted any more. */
  end() {
    this.#isEnded = true;
    for (const port of this.#ports) port.close();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
