/**
 * Takes a snapshot of a running Python's memory, and starts a Python from one.
 *
 * Some things belong to the memory but are not in it, and must be the same again: where native libraries
 * are, the table of functions, the JavaScript objects that Python holds. All of this is internal to
 * Pyodide and Emscripten and may change with any version, so anything unexpected ends in an error, and the
 * caller starts Python without the snapshot. docs/fast-boot.md explains how it works and why;
 * start-snapshot.js decides when a snapshot is taken and used, and engine/boot/snapshot.py what it may
 * contain.
 */

import { sparse, spread } from "./format.js";

/** @typedef {import("../runtime.js").Pyodide} Pyodide */
/** @typedef {import("./format.js").Sparse} Sparse */
/** @typedef {{path: string, content: Uint8Array}} Library  a native one, by its path in Python */

/**
 * What a snapshot says of the Python that it was taken of.
 *
 * @typedef {object} Head
 * @property {Layout} layout     of a Python that has just started
 * @property {Array<[handle: number, path: string]>} libraries  that Python has opened
 * @property {object} objects    of JavaScript, as Pyodide describes them
 */

/** @typedef {Head & Sparse} Snapshot */

/**
 * Where the parts of a program are that has just started: equal if a snapshot fits.
 *
 * @typedef {object} Layout
 * @property {number} functions   length of the table of functions
 * @property {number} addresses   hash over those of all that libraries may refer to
 * @property {number} trampoline  CPython's way to call functions, which depends on the browser
 */

/** @type {WeakMap<object, Layout>} by Emscripten module */
const layouts = new WeakMap();

/**
 * Options for loadPyodide() with which a snapshot can be taken later, or which start from one.
 *
 * @param {(settings: any) => Promise<any>} create  createPyodideModule
 * @param {Promise<Library[]>} libraries  settled when their files are there
 * @param {Promise<Snapshot>} [snapshot]
 * @returns {import("pyodide").PyodideConfig}
 */
export function snapshotOptions(create, libraries, snapshot) {
  let unused = snapshot;
  /** @param {any} settings */
  const createPyodideModule = async (settings) => {
    const mine = unused;
    unused = undefined; // Pyodide keeps this function, which would hold the snapshot
    settings.preRun.push((/** @type {any} */ module) => load(module, libraries));
    const module = await create(settings);
    // A snapshot may be taken, or restored, only once these are as they are here.
    const layout = layoutOf(module);
    layouts.set(module, layout);
    keepExpectedObjects(module.API);
    if (mine) restore(module, layout, await mine);
    return module;
  };
  if (!snapshot) return { createPyodideModule };
  const more = {
    // Any: it has restoreSnapshot() called, which restore() replaces.
    _loadSnapshot: new Uint8Array(),
    _snapshotDeserializer: (/** @type {string[]} */ path) => atPath(path),
  };
  return { createPyodideModule, ...more };
}

/**
 * Load native libraries before the program starts. They then lie below all other memory, at the same
 * place every time; Python, which opens them later, finds them loaded.
 *
 * @param {any} module
 * @param {Promise<Library[]>} libraries
 */
async function load(module, libraries) {
  module.addRunDependency("libraries");
  try {
    for (const { path, content } of await libraries) {
      const flags = { loadAsync: true, nodelete: true, allowUndefined: true };
      const exports = await module.loadWebAssemblyModule(content, flags, path);
      module.newDSO(path, undefined, exports);
    }
  } catch (error) {
    // Python tries it again, and says what it is.
    console.warn("A native library could not be loaded ahead.", error);
  } finally {
    module.removeRunDependency("libraries");
  }
}

/**
 * @param {any} module
 * @returns {Layout}
 */
function layoutOf(module) {
  let addresses = 0x811c9dc5; // FNV-1a
  for (const name of Object.keys(module.GOT)) {
    addresses = Math.imul(addresses ^ module.GOT[name].value, 0x01000193);
  }
  const offset = module.HEAPU32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >>> 2];
  const trampoline = module.HEAPU32[(module.__PyRuntime + offset) >>> 2];
  return { functions: module.wasmTable.length, addresses, trampoline };
}

/**
 * Of the objects that Pyodide expects Python to hold, one is the list of packages, which it takes to be
 * empty. Ours are there from the beginning.
 *
 * @param {any} api
 */
function keepExpectedObjects(api) {
  const expected = api.getExpectedKeys;
  api.getExpectedKeys = () => [...expected().slice(0, -1), api.public_api.loadedPackages];
}

/**
 * @param {any} module
 * @param {Layout} layout
 * @param {Snapshot} snapshot
 * @throws {Error} the snapshot does not fit
 */
function restore(module, layout, snapshot) {
  if (JSON.stringify(layout) !== JSON.stringify(snapshot.layout)) {
    throw new Error("Python's parts lie elsewhere than in the snapshot.");
  }
  const used = module.HEAPU8.length;
  module.growMemory(snapshot.size);
  if (module.HEAPU8.length !== snapshot.size) {
    throw new Error(
      `Python's memory has ${module.HEAPU8.length} bytes, the snapshot ${snapshot.size}.`,
    );
  }
  const names = module.LDSO.loadedLibsByName;
  for (const [handle, path] of snapshot.libraries) {
    if (!names[path]) throw new Error(`${path} is not loaded.`);
    module.LDSO.loadedLibsByHandle[handle] = names[path];
  }
  // Looking up its first function took a place, of which nothing is called again.
  module.wasmTable.grow(snapshot.libraries.length);
  module.API.restoreSnapshot = () => {
    module.API.restoreSnapshot = undefined; // it would hold the snapshot for as long as Python lives
    spread(snapshot, module.HEAPU8, used);
    // Seed SQLite's random numbers again; Python's do that themselves.
    module._sqlite3_randomness(0, 0);
    return snapshot.objects;
  };
}

/**
 * @param {Pyodide} pyodide  that was started with snapshotOptions() and is at rest
 * @returns {Snapshot}
 * @throws {Error} there is something that a snapshot cannot hold
 */
export function takeSnapshot(pyodide) {
  /** @type {any} */
  const { _module: module, _api: api } = pyodide;
  const layout = layouts.get(module);
  if (!layout) throw new Error("This Python was not started for it.");
  const libraries = Object.entries(module.LDSO.loadedLibsByHandle)
    .map(([handle, { name }]) => /** @type {[number, string]} */ ([Number(handle), name]))
    .filter(([handle]) => handle !== 0); // the program itself
  const functions = module.wasmTable.length - layout.functions;
  if (functions !== libraries.length) {
    throw new Error("Native libraries were loaded, or functions made, while it ran.");
  }
  const paths = globalPaths();
  const objects = api.serializeHiwireState((/** @type {object} */ object) => {
    const path = paths.get(object);
    if (!path) throw new Error(`Python holds an object of JavaScript: ${String(object)}`);
    return path;
  });
  return { layout, libraries, objects, ...sparse(module.HEAPU8) };
}

/** @returns {Map<object, string[]>} the browser's own objects and their methods, by where they are */
function globalPaths() {
  /** @type {Map<object, string[]>} */
  const paths = new Map();
  for (const name of Object.getOwnPropertyNames(globalThis)) add([name]);
  for (const [object, path] of [...paths]) {
    for (const name of Object.getOwnPropertyNames(object)) add([...path, name]);
  }
  /** @param {string[]} path */
  function add(path) {
    try {
      const value = atPath(path);
      const isObject = value !== null && ["object", "function"].includes(typeof value);
      if (isObject && !paths.has(value)) paths.set(value, path);
    } catch {
      // A property that cannot be read is none that Python holds.
    }
  }
  return paths;
}

/**
 * @param {string[]} path
 * @returns {any}
 */
function atPath(path) {
  return path.reduce((/** @type {any} */ object, name) => object[name], globalThis);
}
