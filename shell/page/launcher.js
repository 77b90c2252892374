/**
 * The launcher: reads the link it was opened with and either shows the home page or opens what the
 * link names.
 *
 * Wiring only: the form is open-form.js, the person's own files bring-files.js, the cards
 * example-cards.js, the wait boot-page.js.
 */

import { instancePath } from "../shared/paths.js";
import { parseLink, recipeToKey } from "../shared/recipe.js";
import { SITE_ROOT } from "../shared/site.js";
import { bootAndLeave } from "./boot-page.js";
import { byId, inWords } from "./dom.js";
import { showExamples } from "./example-cards.js";
import { checkForNewerData } from "./newer-data.js";
import { setUpOpenForm } from "./open-form.js";
import { activeWorker } from "./worker-registration.js";

start();
// The address bar and links within the page change the hash without loading the page anew.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#/") && !isOpening()) location.reload();
});

function start() {
  const { recipe, ignored } = parseLink(location.href, SITE_ROOT);
  const notice = ignoredInWords(ignored, recipe.length > 0);
  // A page of Datasette is named by “#/…”; any other hash is a place on the home page.
  const wantsDefault = location.hash.startsWith("#/") && ignored.length === 0;
  if (recipe.length > 0 || wantsDefault) openLink(notice);
  else showHome(notice);
}

/** @param {string} notice */
function openLink(notice) {
  document.documentElement.dataset.view = "boot";
  const { recipe } = parseLink(location.href, SITE_ROOT);
  const key = recipeToKey(recipe);
  void bootAndLeave({
    container: byId("boot"),
    key,
    recipe,
    siteRoot: SITE_ROOT,
    notice,
    prepare: checkForNewerData(key, SITE_ROOT),
    leave() {
      // Read again: the person may have changed the hash while waiting.
      const { path } = parseLink(location.href, SITE_ROOT);
      const page = location.hash.startsWith("#/") ? path : "";
      location.replace(SITE_ROOT.href + instancePath(key) + page);
    },
  });
}

/** @param {string} notice */
function showHome(notice) {
  document.documentElement.dataset.view = "home";
  const noticeBox = byId("notice");
  noticeBox.textContent = notice;
  noticeBox.hidden = notice === "";
  byId("link-root").textContent = SITE_ROOT.href;
  setUpOpenForm(SITE_ROOT);
  void showExamples(byId("examples-list"), SITE_ROOT);
  void showSaved();
  void takeFiles();
  // From then on the site opens offline as well, and faster. The page itself comes first.
  if (document.readyState === "complete") installWorker();
  else addEventListener("load", installWorker);
}

async function showSaved() {
  // Loaded only now: who follows a link to data does not wait for it.
  const { showSavedSummary } = await import("./saved-summary.js");
  await showSavedSummary(byId("saved-line"), SITE_ROOT);
}

async function takeFiles() {
  const [{ setUpFileBringing }, { openLaunchedFiles }] = await Promise.all([
    import("./bring-files.js"),
    import("./launched-files.js"),
  ]);
  setUpFileBringing();
  openLaunchedFiles();
}

/** @returns {boolean} */
function isOpening() {
  return document.documentElement.dataset.view === "boot";
}

function installWorker() {
  // Without a worker the home page still reads well; the reason is told when something is opened.
  activeWorker().catch(() => {});
}

/**
 * @param {string[]} ignored  names of parameters
 * @param {boolean} rest      whether something is left to open
 * @returns {string} a sentence, or "" when nothing was ignored
 */
function ignoredInWords(ignored, rest) {
  if (ignored.length === 0) return "";
  const names = inWords(ignored.map((name) => `?${name}=`));
  return rest
    ? `This link also has ${names}, which this version cannot open yet; the rest is being opened.`
    : `This link asks for ${names}, which this version cannot open yet.`;
}
