/**
 * Turns off importScripts(), by which Pyodide recognises a classic worker. It refuses to start in one, since
 * it
 * could not import() its files there; but the build has put them into the worker's own script.
 */

self.importScripts = () => {
  throw new TypeError("Everything the worker needs is in its own script.");
};
