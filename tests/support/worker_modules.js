/**
 * Imports modules of the worker in Node, with the globals that the browser and the build provide.
 */

globalThis.self ??= globalThis;
globalThis.VERSION = { manifest: { version: "test", files: {}, parts: {}, settings: {} } };

/** Like import(), for a path from the project's root. */
export function importWorkerModule(path) {
  return import(new URL(`../../${path}`, import.meta.url).href);
}
