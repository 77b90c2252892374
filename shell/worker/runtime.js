/**
 * Starts Python: a Pyodide with the site's packages mounted, fresh or as an image of its memory has it.
 *
 * On a first visit that is what the first pages need; the rest of the standard library and of the
 * packages is mounted once it is there (engine/rest.py says what happens until then). Responsible up
 * to the point where Python can import this project's modules. What they are used for is instance.js's
 * business.
 */

import createPyodideModule from "../../runtime/pyodide.asm.mjs";
import { loadPyodide, version } from "../../runtime/pyodide.mjs";
import { LiteError, toWire } from "../shared/errors.js";
import {
  answerFetch,
  fetchWasm,
  fetchWasmAsServed,
  isAtHand,
  keepParts,
  loadPart,
  partSize,
  partUrl,
  prefetchParts,
} from "./assets.js";
import { completeFiles, completed, mountPack } from "./packs.js";
import { imageOptions } from "./python-image.js";

/** @typedef {import("pyodide").PyodideAPI} Pyodide */
/** @typedef {import("./assets.js").PartName} PartName */
/** @typedef {import("./python-image.js").Image} Image */
/** @typedef {import("./python-image.js").Library} Library */
/** @typedef {import("./reports.js").Step} Step */

/** @type {PartName[]} what the first pages need */
const FIRST = ["wasm", "stdlib", "packages", "site"];

const REST = /** @type {const} */ ("rest");

/** ms after which a start that has all it needs counts as stuck; slow phones take some 20 s. */
const PATIENCE = 120_000;

/** The same for one from an image, which takes a twentieth of that and has the other to fall back on. */
const PATIENCE_WITH_IMAGE = 15_000;

/** @type {Promise<unknown>} settled when the last start that was asked for is over */
let turn = Promise.resolve();

/** @type {Set<Pyodide>} those that lack the rest */
const incomplete = new Set();

/** @type {Promise<void> | undefined} */
let completion;

/** @type {Promise<void> | undefined} one attempt is enough for as long as this worker runs */
let finishing;

/**
 * @param {(step: Step) => void} report
 * @param {Promise<Image | undefined>} finding  settled with the image to start from, if any
 * @param {{whole?: boolean}} [options]  whole: with the rest, even if it has to be downloaded
 * @returns {Promise<Pyodide>}
 * @throws {import("../shared/errors.js").LiteError} something could not be downloaded, or is stuck
 * @throws {Error} the image does not fit
 */
export async function startPython(report, finding, { whole = false } = {}) {
  const withRest = whole || (await hasRest());
  const progress = downloadProgress(report, withRest);
  /** @type {Promise<Uint8Array | undefined>} */
  const rest = withRest
    ? loadPart(REST, progress(REST)).catch((error) => {
        if (whole) throw error;
        return undefined;
      })
    : Promise.resolve(undefined);
  const packs = [loadPart("packages", progress("packages")), loadPart("site", progress("site"))];
  const stdlib = Promise.all([loadPart("stdlib", progress("stdlib")), rest]).then(([zip, more]) =>
    more ? completed(zip, more) : zip,
  );
  const wasm = fetchWasm(progress("wasm"));
  // One at a time: which of two starts a fetch of Pyodide's is for cannot be told.
  const before = turn;
  const start = Promise.all([finding, ...packs, stdlib, wasm, before.catch(() => {})]).then(
    ([image]) => {
      answerFetch("wasm", () => wasm);
      answerFetch("stdlib", async () => new Response(/** @type {BodyInit} */ (await stdlib)));
      report({ stage: "python", label: "" });
      return Promise.race([
        loadPyodide(configuration([...packs, rest], image)),
        stuck(image ? PATIENCE_WITH_IMAGE : PATIENCE),
      ]);
    },
  );
  turn = start;
  const pyodide = await start;
  if (!(await rest)) expectRest(pyodide);
  return pyodide;
}

/** @returns {Promise<boolean>} whether the rest can be had without the network */
export function hasRest() {
  return isAtHand(REST);
}

/**
 * @param {unknown} error  that Python raised
 * @returns {boolean} whether it would not have, had Python been started whole
 */
export function isForWantOfRest(error) {
  return error instanceof Error && "type" in error && error.type === "NotHereYet";
}

/** @param {Pyodide} pyodide */
function expectRest(pyodide) {
  incomplete.add(pyodide);
  const rest = pyodide.pyimport("engine.rest");
  const load = () =>
    completePython().then(
      () => "",
      (error) => toWire(error).message,
    );
  rest.expect(load);
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
  for (const pyodide of incomplete) {
    incomplete.delete(pyodide);
    try {
      mountPack(pyodide.FS, pack);
      completeFiles(pyodide.FS, pack);
      const rest = pyodide.pyimport("engine.rest");
      rest.arrived();
      rest.destroy();
    } catch (error) {
      console.warn("The rest of Python is of no use to one that has broken down.", error);
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
 * @param {Array<Promise<Uint8Array | undefined>>} packs
 * @param {Image} [image]
 * @returns {import("pyodide").PyodideConfig}
 */
function configuration(packs, image) {
  /** @type {(libraries: Library[]) => void} */
  let found;
  /** @type {Promise<Library[]>} */
  const libraries = new Promise((resolve) => (found = resolve));
  return {
    // A service worker may not import() what loadPyodide would import itself.
    ...imageOptions(createPyodideModule, libraries, image),
    indexURL: new URL(".", partUrl("wasm")).href,
    stdLibURL: partUrl("stdlib").href,
    // Every package is in the packs: nothing is to be looked up or fetched.
    lockFileContents: JSON.stringify({ info: LOCK_INFO, packages: {} }),
    packageBaseUrl: new URL(".", partUrl("wasm")).href,
    fsInit: async (fs) => {
      const mounted = [];
      for (const pack of await Promise.all(packs)) if (pack) mounted.push(...mountPack(fs, pack));
      found(mounted);
    },
    stdout: (line) => console.info(line),
    stderr: (line) => console.warn(line),
  };
}

/**
 * Pyodide logs, and waits for ever, when the browser cannot compile its WebAssembly.
 *
 * @param {number} patience  ms
 * @returns {Promise<never>}
 */
function stuck(patience) {
  return new Promise((_, reject) => {
    const error = new LiteError(`Python did not start within ${patience / 1000} seconds.`, {
      hint:
        "The device may be short of memory: close other tabs and try again. If this is your own " +
        "site, check that its server sends .wasm files as application/wasm.",
    });
    setTimeout(reject, patience, error);
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
 * @param {boolean} withRest
 * @returns {(name: PartName) => (done: number) => void}
 */
function downloadProgress(report, withRest) {
  /** @type {PartName[]} */
  const names = ["wasm-packed", "stdlib", "packages", "site", ...(withRest ? [REST] : [])];
  const total = names.reduce((sum, name) => sum + partSize(name), 0);
  /** @type {Map<PartName, number>} */
  const parts = new Map();
  return (name) => (done) => {
    parts.set(name, done);
    const sum = [...parts.values()].reduce((a, b) => a + b, 0);
    report({ stage: "download", label: "", done: sum, total: Math.max(total, sum), unit: "bytes" });
  };
}
