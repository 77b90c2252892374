/**
 * Lets Node import modules of the worker: finds vendor/, which only the build makes, in node_modules/,
 * and gives them a manifest, which only the build writes.
 */

const PACKAGES = { "idb.js": "idb", "zip.js": "@zip.js/zip.js" };

const MANIFEST = "data:text/javascript,export default { version: 'test', files: {}, parts: {} };";

export function resolve(specifier, context, next) {
  if (specifier.endsWith("/vendor/worker.js"))
    return next(new URL("../../scripts/worker_libraries.js", import.meta.url).href, context);
  const library = /\/vendor\/([^/]+\.js)$/.exec(specifier);
  if (library) return next(PACKAGES[library[1]], context);
  if (specifier.endsWith("/manifest.js")) return { url: MANIFEST, shortCircuit: true };
  return next(specifier, context);
}
