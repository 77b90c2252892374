/**
 * Starts Python: a Pyodide with the site's packages mounted, fresh or from a snapshot of its memory.
 *
 * A first visit, and a start from a snapshot, mount only what the first pages need. The rest of the
 * standard library and of the packages is mounted after the first page (engine/deferred_modules.py says
 * what happens until then). This ends where Python can import this project's modules; boot/start.js goes
 * on from there.
 */

import "./no-import-scripts.js"; // before Pyodide, which looks at once
import "./immediate.js"; // likewise
import { PythonTasks } from "./python-tasks.js"; // likewise
import { loadPyodide, version } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { LiteError, toWire } from "../../shared/errors.js";
import {
  answerFetch,
  fetchWasm,
  fetchWasmAsServed,
  hasPart,
  isAtHand,
  keepParts,
  loadPart,
  partSize,
  partUrl,
  prefetchParts,
} from "./assets.js";
import { completeFiles, completed, mountPack } from "./packs.js";
import { snapshotOptions } from "./snapshot/python-memory.js";

/** @typedef {import("pyodide").PyodideAPI} Pyodide */
/** @typedef {import("./assets.js").PartName} PartName */
/** @typedef {import("./snapshot/python-memory.js").Snapshot} Snapshot */
/** @typedef {import("./snapshot/python-memory.js").Library} Library */
/** @typedef {import("../boot/boot-progress.js").Step} Step */

/** @type {PartName[]} what the first pages need */
const FIRST = ["wasm", "packages", "stdlib", "site"];

const REST = /** @type {const} */ ("rest");

/** What only the site's own application needs, where the site keeps that apart. */
const APPLICATION = /** @type {const} */ ("application");

/** ms after which a start that has all it needs counts as stuck; slow phones take some 20 s. */
const PATIENCE = 120_000;

/** The same for one from a snapshot, which takes a twentieth of that and has the other to fall back on. */
const PATIENCE_WITH_SNAPSHOT = 15_000;

/** @type {Promise<void>} settled when the last requested start is over; holds no Python */
let turn = Promise.resolve();

/** @type {Set<WeakRef<Pyodide>>} those that lack the rest; a closed one may be let go of */
const incomplete = new Set();

/** @type {WeakMap<Pyodide, () => void>} what lets go of each */
const ends = new WeakMap();

/** @type {Promise<void> | undefined} */
let completion;

/** @type {Promise<void> | undefined} one attempt is enough for as long as this worker runs */
let finishing;

/**
 * @param {(step: Step) => void} report
 * @param {object} [options]
 * @param {boolean} [options.whole]  with the rest, even if it has to be downloaded
 * @param {boolean} [options.isApp]  without what only the site's own application needs
 * @param {Promise<Snapshot>} [options.snapshot]  what to start from
 * @returns {Promise<Pyodide>}
 * @throws {import("../../shared/errors.js").LiteError} something could not be downloaded, or is stuck
 * @throws {Error} the snapshot does not fit
 */
export async function startPython(report, { whole = false, isApp = false, snapshot } = {}) {
  /** @type {PartName[]} */
  const more = !isApp && hasPart(APPLICATION) ? [APPLICATION] : [];
  // A start from a snapshot has most of it imported already.
  const withRest = whole || (!snapshot && (await isAtHand(REST)));
  const progress = downloadProgress(report, [...more, ...(withRest ? [REST] : [])]);
  const wasm = fetchWasm(progress("wasm"));
  // It is compiled while the others are decompressed, which takes this thread.
  const load = (/** @type {PartName} */ name) => loadPart(name, progress(name), wasm);
  const packs = [load("packages"), load("site"), ...more.map(load)];
  /** @type {Promise<Uint8Array | undefined>} */
  const rest = withRest
    ? load(REST).catch((error) => {
        if (whole) throw error;
        return undefined;
      })
    : Promise.resolve(undefined);
  const stdlib = Promise.all([load("stdlib"), rest]).then(([zip, more]) =>
    more ? completed(zip, more) : zip,
  );
  const patience = snapshot ? PATIENCE_WITH_SNAPSHOT : PATIENCE;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const stuck = Promise.all([wasm, ...packs, stdlib]).then(() => {
    report({ stage: "python", label: "" });
    // Pyodide logs, and waits for ever, when the browser cannot compile its WebAssembly.
    return new Promise((_, reject) => {
      timer = setTimeout(() => reject(tooSlow(patience)), patience);
    });
  });
  const tasks = new PythonTasks();
  // One at a time: a fetch by Pyodide does not say which of two starts it is for.
  const begin = async () => {
    if (tasks.isEnded) return stuck; // the start before it took all the time
    const answers = [
      answerFetch("wasm", () => wasm),
      answerFetch("stdlib", async () => new Response(/** @type {BodyInit} */ (await stdlib))),
    ];
    try {
      const pyodide = await loadPyodide(configuration({ packs, rest }, tasks, snapshot));
      ends.set(pyodide, () => tasks.end());
      return pyodide;
    } finally {
      for (const end of answers) end(); // they hold what was downloaded
    }
  };
  const start = Promise.race([turn.then(begin), stuck])
    .catch((error) => {
      tasks.end(); // even if it is only slow and would finish later
      throw error;
    })
    .finally(() => clearTimeout(timer));
  turn = start.then(
    () => {},
    () => {},
  );
  const pyodide = await start;
  expectRest(pyodide, !(await rest));
  return pyodide;
}

/**
 * Let go of a Python's memory. Nothing in it runs any more.
 *
 * @param {Pyodide} pyodide
 */
export function endPython(pyodide) {
  ends.get(pyodide)?.();
}

/**
 * @param {unknown} error  that Python raised
 * @returns {boolean} whether it would not have, had Python been started whole
 */
export function isForWantOfRest(error) {
  return error instanceof Error && "type" in error && error.type === "NotHereYet";
}

/**
 * @param {Pyodide} pyodide  that may come from a snapshot that was made when other parts were there
 * @param {boolean} isMissing
 */
function expectRest(pyodide, isMissing) {
  const rest = pyodide.pyimport("engine.deferred_modules");
  if (isMissing) rest.expect();
  else rest.arrived();
  rest.destroy();
  if (isMissing) incomplete.add(new WeakRef(pyodide));
}

/**
 * Let a Python that lacks the rest ask for it. Only when no snapshot of it is taken any more, which could
 * not hold how it asks.
 *
 * @param {Pyodide} pyodide
 */
export function offerRest(pyodide) {
  if (![...incomplete].some((other) => other.deref() === pyodide)) return;
  const rest = pyodide.pyimport("engine.deferred_modules");
  const load = () =>
    completePython().then(
      () => "",
      (error) => toWire(error).message,
    );
  rest.offer(load);
  rest.destroy();
}

/**
 * Download the rest, and mount it wherever it is missing.
 *
 * @returns {Promise<void>}
 * @throws {LiteError}
 */
function completePython() {
  completion ??= complete().finally(() => (completion = undefined));
  return completion;
}

async function complete() {
  if (incomplete.size === 0) return;
  const pack = await loadPart(REST, () => {});
  for (const reference of incomplete) {
    incomplete.delete(reference);
    const pyodide = reference.deref();
    if (!pyodide) continue;
    try {
      mountPack(pyodide.FS, pack);
      completeFiles(pyodide.FS, pack);
      const rest = pyodide.pyimport("engine.deferred_modules");
      rest.arrived();
      rest.destroy();
    } catch (error) {
      console.warn("The rest of Python could not be added to an instance that has crashed.", error);
    }
  }
  await keepParts();
}

/**
 * Download what a first visit has left for later. To be called when a page was answered.
 *
 * @returns {Promise<void>} never rejected
 */
export function finishVisit() {
  finishing ??= completePython()
    .then(fetchWasmAsServed)
    .catch((error) => console.warn("Something is left to download until it is needed.", error));
  return finishing;
}

/**
 * Download ahead what a start will need.
 *
 * @returns {Promise<void>} never rejected
 */
export function prefetchPython() {
  return prefetchParts(FIRST);
}

/**
 * @param {{packs: Array<Promise<Uint8Array>>, rest: Promise<Uint8Array | undefined>}} parts
 * @param {PythonTasks} tasks
 * @param {Promise<Snapshot>} [snapshot]
 * @returns {import("pyodide").PyodideConfig}
 */
function configuration({ packs, rest }, tasks, snapshot) {
  /** @type {(libraries: Library[]) => void} */
  let found;
  /** @type {Promise<Library[]>} */
  const libraries = new Promise((resolve) => (found = resolve));
  const create = (/** @type {any} */ settings) => tasks.make(createPyodideModule, settings);
  return {
    // A service worker may not import() what loadPyodide would import itself.
    ...snapshotOptions(create, libraries, snapshot),
    indexURL: new URL(".", partUrl("wasm")).href,
    stdLibURL: partUrl("stdlib").href,
    // Every package is in the packs: nothing is to be looked up or fetched.
    lockFileContents: JSON.stringify({ info: LOCK_INFO, packages: {} }),
    packageBaseUrl: new URL(".", partUrl("wasm")).href,
    fsInit: async (fs) => {
      // The rest's are not among them: a first visit is without, and its snapshots fit later starts.
      found((await Promise.all(packs)).flatMap((pack) => mountPack(fs, pack)));
      const more = await rest;
      if (more) mountPack(fs, more);
    },
    stdout: (line) => console.info(line),
    stderr: (line) => console.warn(line),
  };
}

/**
 * @param {number} patience  ms
 * @returns {LiteError}
 */
function tooSlow(patience) {
  return new LiteError(`Python did not start within ${patience / 1000} seconds.`, {
    hint:
      "The device may be short of memory: close other tabs and try again. If this is your own " +
      "site, check that its server sends .wasm files as application/wasm.",
  });
}

const LOCK_INFO = {
  arch: "wasm32",
  platform: "emscripten_5_0_3",
  abi_version: "2026_0",
  python: "3.14.2",
  version,
};

/**
 * One sum over all parts: a person wants to know when it is done, not of how many files it is made.
 *
 * @param {(step: Step) => void} report
 * @param {PartName[]} more  beside those that every start needs
 * @returns {(name: PartName) => (done: number) => void}
 */
function downloadProgress(report, more) {
  /** @type {PartName[]} */
  const names = ["wasm-packed", "stdlib", "packages", "site", ...more];
  const total = names.reduce((sum, name) => sum + partSize(name), 0);
  /** @type {Map<PartName, number>} */
  const parts = new Map();
  return (name) => (done) => {
    parts.set(name, done);
    const sum = [...parts.values()].reduce((a, b) => a + b, 0);
    report({ stage: "download", label: "", done: sum, total: Math.max(total, sum), unit: "bytes" });
  };
}
