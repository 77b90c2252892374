/**
 * Imports modules of the worker in Node, with the libraries that they use and what the build tells them.
 */

import { register } from "node:module";

register("./vendor_hooks.js", import.meta.url);
globalThis.self ??= globalThis;
globalThis.VERSION = { manifest: { version: "test", files: {}, parts: {} } };

/** Like import(), of a path from the project's root. */
export function importWorkerModule(path) {
  return import(new URL(`../../${path}`, import.meta.url).href);
}
