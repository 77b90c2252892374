/**
 * Shows how much room the browser grants this site, how much is used, and whether it may clear it away.
 */

import { byId, formatBytes } from "../ui/dom.js";

const KEPT = "The browser has promised to keep it until you delete it.";
const CLEARABLE =
  "When this device’s disk is nearly full, the browser may delete everything saved here without asking. " +
  "Export what matters to you";
const REFUSED =
  "The browser does not promise that yet. Most do once a site is used often, is bookmarked or is " +
  "installed; until then, export what matters to you.";

/**
 * Fill the panel in. It stays hidden in browsers that report nothing.
 *
 * @returns {Promise<void>}
 */
export async function showRoom() {
  if (!navigator.storage?.estimate) return;
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  const meter = /** @type {HTMLMeterElement} */ (byId("room-meter"));
  meter.max = quota;
  meter.value = usage;
  // Above this it is shown as filling up: in the browser's warning colours.
  meter.high = quota * 0.8;
  meter.optimum = 0;
  const amount = `${formatBytes(usage)} used of about ${formatBytes(quota)} that the browser allows`;
  meter.textContent = amount;
  byId("room-amount").textContent = amount;
  await showPromise((mayAsk) => `${CLEARABLE}${mayAsk ? ", or ask the browser to keep it" : ""}.`);
  byId("room").hidden = quota === 0;
}

/**
 * @param {(mayAsk: boolean) => string} otherwise  what to say when the browser has not promised anything
 */
async function showPromise(otherwise) {
  const kept = await navigator.storage.persisted?.();
  const mayAsk = kept === false;
  byId("room-promise").textContent = kept ? KEPT : otherwise(mayAsk);
  byId("room-persist").hidden = !mayAsk;
}

/** Let the person ask the browser to keep what is saved. */
export function setUpRoom() {
  byId("room-persist").addEventListener("click", async () => {
    await navigator.storage.persist();
    await showPromise(() => REFUSED);
  });
}
