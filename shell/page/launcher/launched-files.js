/**
 * Opens the files with which the operating system started the installed app, as if they had been
 * dropped. manifest.webmanifest lists their types.
 *
 * https://wicg.github.io/web-app-launch/#launchqueue-interface, so far only in Chromium
 */

import { openFiles } from "../import/bring-files.js";

/** @typedef {{files: ReadonlyArray<{getFile: () => Promise<File>}>}} LaunchParams */

export function openLaunchedFiles() {
  const { launchQueue } = /** @type {any} */ (window);
  launchQueue?.setConsumer(async (/** @type {LaunchParams} */ { files }) => {
    await openFiles(await Promise.all(files.map((handle) => handle.getFile())));
  });
}
