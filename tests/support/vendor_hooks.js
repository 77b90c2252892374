/**
 * Lets Node import modules of the worker: finds vendor/, which only the build makes, in node_modules/,
 * and gives them a manifest, which only the build writes.
 */

const PACKAGES = { "idb.js": "idb", "zip.js": "@zip.js/zip.js" };

const MANIFEST = "data:text/javascript,export default { version: 'test', files: {}, parts: {} };";

export function resolve(specifier, context, next) {
  const library = /\/vendor\/([^/]+\.js)$/.exec(specifier);
  if (library) return next(PACKAGES[library[1]], context);
  const module = /\/vendor\/worker\/(.+)$/.exec(specifier);
  if (module)
    return next(new URL(`../../node_modules/${module[1]}`, import.meta.url).href, context);
  if (specifier.endsWith("/manifest.js")) return { url: MANIFEST, shortCircuit: true };
  return next(specifier, context);
}
