/** Lets Node import modules of the worker: finds vendor/, which only the build makes, in node_modules/. */

const PACKAGES = { "idb.js": "idb", "zip.js": "@zip.js/zip.js" };

export function resolve(specifier, context, next) {
  const library = /\/vendor\/([^/]+\.js)$/.exec(specifier);
  return next(library ? PACKAGES[library[1]] : specifier, context);
}
