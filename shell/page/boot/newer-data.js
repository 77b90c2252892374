/**
 * Loads newer data when a link is followed again. Asks first if that would replace changes of the
 * person's own.
 */

import { askWorker } from "../worker/ask-worker.js";
import { appOf, keyToRecipe } from "../../shared/recipe.js";
import { describeAddress } from "../ui/describe-sources.js";
import { element, inWords } from "../ui/dom.js";

/** @typedef {import("../../shared/protocol.js").CheckResult} CheckResult */

/** ms that people whose data is ready have to wait for the answer of a slow host. */
const PATIENCE = 3000;

/**
 * Start to check whether the sources of an instance's saved data have changed.
 *
 * @param {string} key
 * @param {URL} siteRoot
 * @returns {(view: import("./boot-view.js").BootView) => Promise<boolean>} call this when the instance
 *   is ready; returns whether to load its sources again
 */
export function checkForNewerData(key, siteRoot) {
  // The worker may hear this only after it has opened the data for the first time, which is new then.
  /** @type {Promise<CheckResult | undefined>} */
  const check = askWorker({ type: "check", key, before: Date.now() }).catch(() => undefined);
  let asked = false;
  return async (view) => {
    // A new try after newer data could not be loaded opens what is saved.
    if (asked) return false;
    asked = true;
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
    const result = /** @type {CheckResult | undefined} */ (await Promise.race([check, late]));
    if (!result || result.newer.length === 0) return false;
    if (!result.edited) return true;
    if (isApp(key)) return askAboutApp(view);
    const names = inWords(result.newer.map((url) => describeAddress(url, siteRoot).name));
    const saved = element("a", { href: new URL("saved.html", siteRoot).href }, "Saved data");
    return view.choose(
      "There is newer data",
      [
        `${names} changed at its source since you opened it, and you have changed this data here as well.`,
        element(
          "span",
          {},
          "Loading the newer data replaces what you changed. To keep a copy of it, export it first from ",
          saved,
          ".",
        ),
      ],
      [
        { label: "Open my version", value: false },
        { label: "Replace it with the newer data", value: true },
      ],
    );
  };
}

/** @param {string} key */
function isApp(key) {
  return key !== "" && appOf(keyToRecipe(key)) !== undefined;
}

/**
 * @param {import("./boot-view.js").BootView} view
 * @returns {Promise<boolean>} whether to load the newer version of an app
 */
function askAboutApp(view) {
  return view.choose(
    "There is a newer version of this app",
    [
      "Its code has changed at its source since you opened it. What the app has saved here stays, and the " +
        "newer version uses it.",
    ],
    [
      { label: "Open the version you have", value: false },
      { label: "Open the newer version", value: true },
    ],
  );
}
