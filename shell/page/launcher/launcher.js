/**
 * The launcher: reads the link it was opened with and either shows the home page or opens what the
 * link names.
 *
 * Wiring only: open-form.js runs the form, bring-files.js takes the person's own files, example-cards.js
 * shows the cards, boot-page.js the wait.
 */

import { pageAddress } from "../../shared/paths.js";
import { isThrifty } from "../../shared/connection.js";
import { splitFragment } from "../../shared/inline-data.js";
import { prefetch } from "../../shared/protocol.js";
import { embedding, parseLink, recipeToKey } from "../../shared/recipe.js";
import { ROOT } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";
import { bootAndLeave } from "../boot/boot-page.js";
import { embeddedFrame } from "../embed/frame.js";
import { byId } from "../ui/dom.js";
import { showApps, showExamples } from "./example-cards.js";
import { isFramedByOthers, showOnlyALink } from "../ui/framing.js";
import { checkForNewerData } from "../boot/newer-data.js";
import { misspelt, showSlips } from "./misspelt.js";
import { setUpOpenForm } from "./open-form.js";
import { activeWorker } from "../worker/worker-registration.js";

/** index.html's handling of its own files that do not arrive. */
const page = /** @type {Window & {lookForNewer: () => Promise<void>}} */ (
  /** @type {unknown} */ (window)
);

void start();
// The address bar and links within the page change the hash without loading the page again.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#/") && !isOpening()) location.reload();
});

async function start() {
  await takeInline();
  // The start page that the site's owner has chosen (datasette_lite/branding.py). Any hash, such as
  // #home, leads to the launcher instead.
  const { landing } = document.documentElement.dataset;
  if (landing && location.search === "" && location.hash === "") {
    // Of an app it is a link to it.
    history.replaceState(null, "", landing.startsWith("?") ? landing : `#${landing}`);
  }
  const found = misspelt(location.search);
  if (found.slips.length > 0 && !isFramedByOthers()) {
    showHome();
    return showSlips(byId("slips"), found, location.hash);
  }
  const { recipe } = parseLink(location.href, SITE_ROOT);
  // “#/…” names a page of Datasette; any other hash is a place on the home page.
  if (recipe.length > 0 || location.hash.startsWith("#/")) openLink();
  else showHome();
}

/** Keep the data that the link itself holds, and take it out of the address. */
async function takeInline() {
  const inline = splitFragment(location.hash);
  if (!inline) return;
  document.documentElement.dataset.view = "boot";
  try {
    const { keepInline } = await import("../../shared/inline-store.js");
    await keepInline(inline.data);
  } catch (error) {
    // Opening it will report what is missing.
    console.warn("The data in this link was not kept.", error);
  }
  history.replaceState(null, "", inline.rest);
}

function openLink() {
  document.documentElement.dataset.view = "boot";
  const { recipe } = parseLink(location.href, SITE_ROOT);
  const key = recipeToKey(recipe);
  // It may ask whether to replace changes, and no other site's page may have a hand in that.
  const mayAsk = !isFramedByOthers() || embedding(recipe) === "read";
  const frame = embeddedFrame(key);
  void bootAndLeave({
    container: byId("boot"),
    key,
    recipe,
    siteRoot: SITE_ROOT,
    prepare: mayAsk ? checkForNewerData(key, SITE_ROOT) : undefined,
    onFail: (error) => frame?.fail(error),
    leave(_again, first) {
      // Read again: the person may have changed the hash while waiting.
      const { path } = parseLink(location.href, SITE_ROOT);
      const page = location.hash.startsWith("#/") ? path : first;
      location.replace(pageAddress(SITE_ROOT, key, page));
    },
  });
}

function showHome() {
  document.documentElement.dataset.view = "home";
  if (isFramedByOthers()) {
    return showOnlyALink(/** @type {HTMLElement} */ (document.querySelector("main")));
  }
  byId("link-root").textContent = SITE_ROOT.href;
  setUpOpenForm(SITE_ROOT);
  // The site's owner may have left them out (datasette_lite/branding.py).
  const examples = document.getElementById("examples-list");
  if (examples) void showExamples(examples, SITE_ROOT);
  void showApps(byId("apps"), byId("apps-list"), SITE_ROOT);
  void showMore();
  // From then on the site opens offline as well, and faster. The page itself comes first.
  if (document.readyState === "complete") installWorker();
  else addEventListener("load", installWorker);
}

async function showMore() {
  const extras = await import("./home-extras.js").catch(() => undefined);
  if (!extras) return page.lookForNewer();
  void extras.showRecentWorkspaces(byId("recent"), SITE_ROOT);
  extras.setUpFileBringing(extras.openExportLater);
  /** @type {HTMLButtonElement} */ (byId("open-files")).disabled = false;
  extras.openLaunchedFiles();
}

/** @returns {boolean} */
function isOpening() {
  return document.documentElement.dataset.view === "boot";
}

async function installWorker() {
  try {
    const worker = await activeWorker(ROOT);
    // This runs while the person is still choosing.
    worker.postMessage(prefetch(!isThrifty()));
    const { keepTidy } = await import("../worker/registrations.js");
    keepTidy();
  } catch {
    // Without a worker the home page still reads well; opening something shows the reason.
  }
}
