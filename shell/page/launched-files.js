/**
 * Opens the files with which the operating system started the installed app, in the instance that the
 * site has of its own. Which files those may be is in manifest.webmanifest.
 *
 * https://wicg.github.io/web-app-launch/#launchqueue-interface, so far in Chromium alone
 */

import { instancePath } from "../shared/paths.js";
import { askWorker } from "./ask-worker.js";
import { bootAndLeave } from "./boot-page.js";
import { byId, inWords } from "./dom.js";

/** @typedef {{files: ReadonlyArray<{getFile: () => Promise<File>}>}} LaunchParams */

/** @param {URL} siteRoot */
export function openLaunchedFiles(siteRoot) {
  const { launchQueue } = /** @type {any} */ (window);
  launchQueue?.setConsumer(async (/** @type {LaunchParams} */ { files }) => {
    if (files.length === 0) return;
    await openFiles(await Promise.all(files.map((handle) => handle.getFile())), siteRoot);
  });
}

/**
 * @param {File[]} files
 * @param {URL} siteRoot
 */
async function openFiles(files, siteRoot) {
  document.documentElement.dataset.view = "boot";
  let page = "";
  await bootAndLeave({
    container: byId("boot"),
    key: "",
    recipe: [],
    siteRoot,
    notice: `${inWords(files.map(({ name }) => name))} will be added to this site’s data.`,
    async prepare() {
      page = await askWorker({ type: "add", key: "", files });
      return false;
    },
    leave: () => location.replace(siteRoot.href + instancePath("") + page),
  });
}
