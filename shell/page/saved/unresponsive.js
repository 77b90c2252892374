/**
 * Runs on unresponsive.html, which is outside all workspaces and so opens while one hangs: says whether the
 * workspace answers, and offers to restart it or to get at its saved data.
 */

import { toWire } from "../../shared/errors.js";
import { pageAddress } from "../../shared/paths.js";
import { openStore } from "../../shared/saved-store.js";
import { SITE_ROOT } from "../../shared/site.js";
import { askWorker } from "../worker/ask-worker.js";
import { watchAnswers } from "../worker/responsiveness.js";
import { restarted, restartWorker } from "../worker/restart.js";
import { byId } from "../ui/dom.js";
import { errorParts } from "../ui/error-view.js";
import { isFramedByOthers, showOnlyALink } from "../ui/framing.js";
import { showWaysOut } from "./ways-out.js";

/** ms of silence after which this page says so: people who come here have waited already. */
const PATIENCE = 4000;

/** ms after which ending a worker takes longer than it should. */
const SLOW = 4000;

const about = new URLSearchParams(location.hash.slice(1));
const key = about.get("workspace") ?? "";
const back = /** @type {HTMLAnchorElement} */ (byId("back"));
const restart = /** @type {HTMLButtonElement} */ (byId("restart"));
const withoutPlugins = /** @type {HTMLButtonElement} */ (byId("without-plugins"));
let isRestarting = false;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
if (isFramedByOthers()) showOnlyALink(main);
else void start();

async function start() {
  back.href = pageAddress(SITE_ROOT, key, about.get("place") ?? "");
  if (about.has("restarting")) {
    say("Another tab is restarting this workspace…");
    await restarted(key);
    location.replace(back.href);
    return;
  }
  restart.addEventListener("click", () => void begin());
  withoutPlugins.addEventListener("click", () => void begin(pausePlugins));
  restart.disabled = false;
  watchAnswers(
    key,
    {
      onSilent: (ms) => say(`It has not answered for ${Math.round(ms / 1000)} seconds.`),
      onAnswer: () => say("It answers again."),
    },
    PATIENCE,
  );
  await showSaved();
}

/** @param {string} text */
function say(text) {
  if (!isRestarting) byId("status").textContent = text;
}

async function showSaved() {
  let record;
  try {
    const store = await openStore(SITE_ROOT);
    record = await store.get("instances", key);
    const decision = await store.get("decisions", key);
    withoutPlugins.hidden = !decision?.allowed.length;
    store.close();
  } catch (error) {
    console.warn("What is saved could not be read.", error);
  }
  byId("saved").textContent = record
    ? "A restart ends what it is doing. Everything saved stays."
    : "Nothing of this workspace is saved in this browser. A restart opens it as its link describes it.";
  await showWaysOut(byId("problem"), { key, siteRoot: SITE_ROOT, onChange: () => void begin() });
}

function pausePlugins() {
  return askWorker({ type: "pause-plugins", key });
}

/** @param {() => Promise<unknown>} [meanwhile]  what to do before it starts again */
async function begin(meanwhile) {
  say("Restarting…");
  isRestarting = true;
  restart.disabled = withoutPlugins.disabled = true;
  byId("failure").replaceChildren();
  const slow = setTimeout(() => {
    byId("status").textContent =
      "Restarting… The browser has to stop the workspace first. That can take two minutes while a tab " +
      "is still waiting for one of its pages; it takes less if you close that tab.";
  }, SLOW);
  try {
    await restartWorker(key, meanwhile);
    location.replace(back.href);
  } catch (error) {
    byId("failure").replaceChildren(...errorParts(toWire(error)));
    restart.disabled = withoutPlugins.disabled = false;
    isRestarting = false;
  } finally {
    clearTimeout(slow);
  }
}
