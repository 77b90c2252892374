/**
 * setImmediate(), for Emscripten. Without one it makes its own, with a listener on the global scope that
 * it never removes, and so holds a Python's memory for as long as the worker runs.
 */

/** @type {any} */
const scope = globalThis;

scope.setImmediate ??= (/** @type {() => void} */ work) => setTimeout(work, 0);
scope.clearImmediate ??= (/** @type {number} */ id) => clearTimeout(id);
