/**
 * The script of the page “Plugins” (plugins/plugin_page.py): asks the worker what is installed, has it
 * install, upgrade and remove plugins, and goes on once the instance has restarted.
 *
 * Wiring: installed-plugins.js lists what is installed, plugin-catalogue.js runs the catalogue.
 */

import { inOneLine, LiteError, toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { isWheel, keyToRecipe, packagesOf } from "../../shared/recipe.js";
import { parseRequirement } from "../../shared/requirement.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker, WORKER_STOPPED } from "../worker/ask-worker.js";
import { askInModal } from "./datasette-modal.js";
import { byId, element, formatAmount } from "../ui/dom.js";
import { nameOf, showInstalled } from "./installed-plugins.js";
import { leaveOutcome } from "./carried-message.js";
import { PluginCatalogue } from "./plugin-catalogue.js";
import { exactVersion, packageName } from "./plugin-search.js";
import { showSettled } from "./settling.js";
import { tryItOn } from "./try-plugin.js";
import { describeDatasette, isDatasette, upgradeOf } from "./running-datasette.js";

/** @typedef {import("../../shared/protocol.js").InstalledPlugin} InstalledPlugin */
/** @typedef {import("../../shared/protocol.js").InstallProgress} InstallProgress */
/** @typedef {import("../../shared/protocol.js").PluginList} PluginList */
/** @typedef {import("../../shared/protocol.js").Status} Status */

/** @type {Record<InstallProgress["step"], string>} */
const STEPS = {
  resolving: "Finding out what is needed",
  downloading: "Downloading",
  checking: "Checking that it works here",
  restarting: "Starting Datasette again",
};

/** Key under which it is stored that the person was warned, once and for all. */
const WARNED = "datasette-lite warned of plugins";

const page = byId("lite-plugins");
const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";
const mayChange = document.getElementById("lite-add") !== null;
const catalogue = mayChange ? new PluginCatalogue(install) : undefined;

void Promise.all([showAll(), keepServed()])
  .catch((error) => say(error))
  .then(showSettled);

/** Take what the site's package index does not have out of the catalogue. */
async function keepServed() {
  if (!catalogue) return;
  const question = { type: /** @type {const} */ ("served"), key, requirements: catalogue.offers };
  catalogue.keep(await askWorker(question));
}

/** @returns {Promise<PluginList>} the list that is shown */
async function showAll() {
  /** @type {[PluginList, Status | undefined]} */
  const [list, status] = await Promise.all([
    askWorker({ type: "plugins", key }),
    askWorker({ type: "status", key }),
  ]);
  const { refused, problems } = status?.state === "ready" ? status : { refused: [], problems: [] };
  showDatasette(problems, list.locked);
  showInstalled(
    list,
    refused,
    mayChange ? { remove, upgrade, decideAgain, tryItOn: offerToTry } : null,
  );
  byId("lite-installed").removeAttribute("aria-busy");
  catalogue?.markInstalled(list.plugins.map(({ name }) => name));
  if (mayChange) {
    byId("lite-add").hidden = list.locked;
    byId("lite-locked").hidden = !list.locked;
  }
  return list;
}

/**
 * @param {import("../../shared/errors.js").WireError[]} problems
 * @param {boolean} locked
 */
function showDatasette(problems, locked) {
  const { version = "", from } = byId("lite-datasette").dataset;
  const { ref } = packagesOf(key === "" ? [] : keyToRecipe(key));
  const running = { version, isSites: from === "site", ref, problems };
  byId("lite-datasette").textContent = describeDatasette(running);
  const newer = mayChange && !locked ? upgradeOf(running) : undefined;
  byId("lite-newer").hidden = newer === undefined;
  if (!newer) return;
  const button = element("button", { type: "button", class: "button-as-link" }, newer.label);
  button.addEventListener("click", () => upgradeDatasette(newer.requirement, version));
  byId("lite-newer").replaceChildren(button);
}

/**
 * @param {string} requirement
 * @param {string} before  the version that runs
 */
async function upgradeDatasette(requirement, before) {
  await work("Upgrading Datasette", async (onProgress) => {
    const question = { type: /** @type {const} */ ("install"), key, requirement, upgrade: true };
    await askWorker(question, { onProgress });
    const { plugins } = await showAll();
    const now = plugins.find(isDatasette)?.version;
    // It did not start here, and the page says so once it is loaded again.
    if (now === undefined) return location.reload();
    if (now === before) return focusOn(`Datasette ${before} is the newest.`, "info");
    goOn(`Datasette ${now} is installed and replaces ${before}.`, location.href);
  });
}

/**
 * @param {string} requirement
 * @param {boolean} isListed  in the catalogue
 */
async function install(requirement, isListed) {
  if (!(await isWanted(requirement, isListed))) return;
  await work(`Installing ${shortName(requirement)}`, async (onProgress) => {
    await askWorker({ type: "install", key, requirement, upgrade: false }, { onProgress });
    const { plugins } = await showAll();
    const added = plugins.find((plugin) => isOf(plugin, requirement));
    // The list shows a sentence about a plugin that does not start.
    if (added?.problem) return focusOn(`${nameOf(added)} does not work here. ${added.problem}`);
    const name = added ? nameOf(added) : shortName(requirement);
    goOn(`${name} is installed.`, page.dataset.back || location.href);
  });
}

/** @param {InstalledPlugin} plugin */
async function upgrade({ name, version, requirement }) {
  await work(`Upgrading ${name}`, async (onProgress) => {
    // The requirement names one version, but now a newer one is wanted.
    const wanted = exactVersion(requirement) ? name : requirement;
    const question = { type: /** @type {const} */ ("install"), key, upgrade: true };
    await askWorker({ ...question, requirement: wanted }, { onProgress });
    const { plugins } = await showAll();
    const now = plugins.find((plugin) => isOf(plugin, requirement));
    if (now?.version === version) {
      return focusOn(`${name} ${version} is the newest version that works here.`, "info");
    }
    goOn(`${now ? nameOf(now) : name} is installed and replaces ${version}.`, location.href);
  });
}

/** @param {InstalledPlugin} plugin */
function offerToTry({ name, requirement }) {
  const { back = "", home = "" } = page.dataset;
  return tryItOn(key, back || home, name || requirement, requirement);
}

/** @param {InstalledPlugin} plugin */
async function remove({ name, requirement }) {
  const label = name || shortName(requirement);
  await work(`Removing ${label}`, async (onProgress) => {
    await askWorker({ type: "uninstall", key, name: name || requirement }, { onProgress });
    goOn(`${label} was removed.`, location.href);
  });
}

async function decideAgain() {
  try {
    await askWorker({ type: "consent", key, allow: null });
    location.reload();
  } catch (error) {
    say(error);
  }
}

/**
 * Warn once about what any plugin can do, and every time about one that nobody here knows.
 *
 * @param {string} requirement
 * @param {boolean} isListed
 * @returns {Promise<boolean>}
 */
async function isWanted(requirement, isListed) {
  if (isListed && localStorage.getItem(WARNED)) return true;
  const unknown = isWheel(requirement)
    ? `It will be downloaded from ${hostOf(requirement)}.`
    : "It is not in this site’s catalogue, so it has not been tested here.";
  const yes = await askInModal({
    title: `Install ${shortName(requirement)}?`,
    body: [
      element(
        "p",
        {},
        "A plugin can read and change everything that this site has saved in this browser, ",
        "and send it anywhere. ",
        isListed ? "You are asked only once for all plugins in the catalogue." : unknown,
      ),
    ],
    yes: "Install",
  });
  if (yes) localStorage.setItem(WARNED, "1");
  return yes;
}

/**
 * Do something in view of the person while the rest of the page has to wait.
 *
 * @param {string} title
 * @param {(onProgress: (progress: InstallProgress) => void) => Promise<void>} errand
 */
async function work(title, errand) {
  const bar = /** @type {HTMLProgressElement} */ (byId("lite-bar"));
  const step = byId("lite-step");
  byId("lite-outcome").replaceChildren();
  byId("lite-content").inert = true;
  byId("lite-work").hidden = false;
  step.textContent = `${title}…`;
  bar.removeAttribute("value");
  byId("lite-work").scrollIntoView({ block: "nearest" });
  try {
    await errand((progress) => {
      const { name, done, total } = progress;
      const words = [title, [STEPS[progress.step], name].filter(Boolean).join(" ")].join(": ");
      if (step.dataset.words !== words) step.textContent = step.dataset.words = words;
      if (total > 0) {
        bar.max = total;
        bar.value = done;
        bar.title = formatAmount({ done, total, unit: "bytes" });
      } else bar.removeAttribute("value");
    });
  } catch (error) {
    const isStopped = error instanceof LiteError && error.name === WORKER_STOPPED;
    // A stopped worker has saved an installation or removal whole, or not at all.
    await showAll().catch(() => {});
    say(error, isStopped ? () => void work(title, errand) : undefined);
  } finally {
    byId("lite-work").hidden = true;
    byId("lite-content").inert = false;
  }
}

/**
 * The instance has restarted: go to a page of it, which will say what has been done.
 *
 * @param {string} outcome
 * @param {string} where
 */
function goOn(outcome, where) {
  leaveOutcome(outcome);
  if (new URL(where, location.href).href === location.href) location.reload();
  else location.assign(where);
}

/**
 * @param {unknown} error
 * @param {() => void} [again]  the action of “Try again”, where that may help
 */
function say(error, again) {
  focusOn(inOneLine(toWire(error)));
  if (!again) return;
  const button = element("button", { type: "button" }, "Try again");
  button.addEventListener("click", again);
  byId("lite-outcome").append(button);
}

/**
 * @param {string} sentence
 * @param {"error" | "info"} [kind]
 */
function focusOn(sentence, kind = "error") {
  const outcome = byId("lite-outcome");
  outcome.replaceChildren(element("p", { class: `message-${kind}` }, sentence));
  // The focused element cannot keep the focus while everything else waits.
  outcome.focus();
}

/**
 * @param {InstalledPlugin} plugin
 * @param {string} requirement
 */
function isOf(plugin, requirement) {
  const name = packageName(requirement);
  return plugin.requirement === requirement || (name !== "" && packageName(plugin.name) === name);
}

/** @param {string} requirement  with an address */
function hostOf(requirement) {
  const parsed = parseRequirement(requirement, SITE_ROOT);
  return parsed.kind === "address" ? parsed.url.host : "";
}

/** @param {string} requirement */
function shortName(requirement) {
  if (isWheel(requirement)) return requirement.split("/").at(-1) || requirement;
  const version = exactVersion(requirement);
  return version ? `${packageName(requirement)} ${version}` : requirement;
}
