/**
 * Starts Python: a Pyodide with the site's packages mounted, fresh or as an image of its memory has it.
 *
 * Responsible up to the point where Python can import this project's modules. What they are used for
 * is instance.js's business.
 */

import createPyodideModule from "../../runtime/pyodide.asm.mjs";
import { loadPyodide, version } from "../../runtime/pyodide.mjs";
import { LiteError } from "../shared/errors.js";
import { answerFetch, fetchPart, loadPart, partSize, partUrl } from "./assets.js";
import { imageOptions } from "./python-image.js";

/** @typedef {import("pyodide").PyodideAPI} Pyodide */
/** @typedef {import("./assets.js").PartName} PartName */
/** @typedef {import("./python-image.js").Image} Image */
/** @typedef {import("./python-image.js").Library} Library */
/** @typedef {import("./reports.js").Step} Step */

/** @type {PartName[]} */
const PARTS = ["wasm", "stdlib", "packages", "site"];

/** ms after which a start that has all it needs counts as stuck; slow phones take some 20 s. */
const PATIENCE = 120_000;

/** The same for one from an image, which takes a twentieth of that and has the other to fall back on. */
const PATIENCE_WITH_IMAGE = 15_000;

/** @type {Promise<unknown>} settled when the last start that was asked for is over */
let turn = Promise.resolve();

/**
 * @param {(step: Step) => void} report
 * @param {Promise<Image | undefined>} finding  settled with the image to start from, if any
 * @returns {Promise<Pyodide>}
 * @throws {import("../shared/errors.js").LiteError} something could not be downloaded, or is stuck
 * @throws {Error} the image does not fit
 */
export async function startPython(report, finding) {
  const progress = downloadProgress(report);
  const packs = [loadPart("packages", progress("packages")), loadPart("site", progress("site"))];
  const stdlib = loadPart("stdlib", progress("stdlib"));
  const wasm = fetchPart("wasm", progress("wasm"));
  // One at a time: which of two starts a fetch of Pyodide's is for cannot be told.
  const before = turn;
  const start = Promise.all([finding, ...packs, stdlib, wasm, before.catch(() => {})]).then(
    ([image]) => {
      answerFetch("wasm", () => wasm);
      answerFetch("stdlib", async () => new Response(/** @type {BodyInit} */ (await stdlib)));
      report({ stage: "python", label: "" });
      return Promise.race([
        loadPyodide(configuration(packs, image)),
        stuck(image ? PATIENCE_WITH_IMAGE : PATIENCE),
      ]);
    },
  );
  turn = start;
  return start;
}

/**
 * @param {Array<Promise<Uint8Array>>} packs
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
      for (const pack of packs) mounted.push(...mountPack(fs, await pack));
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
 * Lay out the files of a pack (scripts/compile_python.py describes the format). They are views into
 * the pack's one buffer, so nothing is copied.
 *
 * @param {Pyodide["FS"]} fs
 * @param {Uint8Array} pack
 * @returns {Library[]} the native ones among them
 */
function mountPack(fs, pack) {
  const indexSize = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  let offset = 4 + indexSize;
  /** @type {Array<[path: string, size: number]>} */
  const index = JSON.parse(new TextDecoder().decode(pack.subarray(4, offset)));
  const libraries = [];
  let folder = "";
  for (const [path, size] of index) {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== folder) fs.mkdirTree((folder = parent));
    const content = pack.subarray(offset, offset + size);
    fs.writeFile(path, content, { canOwn: true });
    if (path.endsWith(".so")) libraries.push({ path, content });
    offset += size;
  }
  return libraries;
}

/**
 * One sum over all parts: a person wants to know when it is done, not of how many files it is made.
 *
 * @param {(step: Step) => void} report
 * @returns {(name: PartName) => (done: number) => void}
 */
function downloadProgress(report) {
  const total = PARTS.reduce((sum, name) => sum + partSize(name), 0);
  /** @type {Map<PartName, number>} */
  const parts = new Map();
  return (name) => (done) => {
    parts.set(name, done);
    const sum = [...parts.values()].reduce((a, b) => a + b, 0);
    report({ stage: "download", label: "", done: sum, total: Math.max(total, sum), unit: "bytes" });
  };
}
