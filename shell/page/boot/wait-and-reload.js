/**
 * Serves the pages under app/ while Python cannot answer: waits for the instance in view of the person,
 * then loads the same address again, which the worker then answers with Datasette's page.
 *
 * Used by app/booting.html (through booting.js) and app/index.html (through recover.js).
 */

import { toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { keyToRecipe } from "../../shared/recipe.js";
import { scopeOf } from "../../shared/scopes.js";
import { SITE_ROOT } from "../../shared/site.js";
import { bootAndLeave } from "./boot-page.js";
import { BootView } from "./boot-view.js";
import { embeddedFrame } from "../embed/frame.js";
import { byId, element } from "../ui/dom.js";
import { forgetReloads, mayReload } from "../worker/reload-guard.js";
import { registeredWorker } from "../worker/worker-registration.js";

const STYLESHEETS = ["site.css", "stages.css"].map((name) => new URL(name, import.meta.url).href);

/**
 * @param {string} reason    names this page's count of reloads, see reload-guard.js
 * @param {import("../../shared/errors.js").LiteError} stuck  the error if reloading does not help
 * @param {boolean} isStarting  see bootAndLeave
 * @returns {Promise<void>}
 */
export async function waitAndReload(reason, stuck, isStarting) {
  const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";
  const home = new URL(scopeOf(key)).pathname;
  if (`${location.pathname}/` === home) {
    // Without its last slash, the address is outside its own worker's scope.
    location.replace(home + location.search + location.hash);
    return;
  }
  let recipe;
  /** @type {unknown} */
  let unreadable;
  try {
    recipe = keyToRecipe(key);
    // Do both at once. If the worker fails, the error is shown further down, where it is requested again.
    registeredWorker(key).catch(() => {});
  } catch (error) {
    unreadable = error; // nothing is registered for such an address
  }
  await Promise.all(STYLESHEETS.map(addStylesheet));
  const container = byId("boot");
  const frame = embeddedFrame(key);
  if (!recipe) {
    const subject = { name: "this address", sources: [], homeHref: SITE_ROOT.href };
    new BootView(container, subject, { onRetry: () => location.reload() }).fail(toWire(unreadable));
    return;
  }
  await bootAndLeave({
    container,
    key,
    recipe,
    siteRoot: SITE_ROOT,
    isStarting,
    onFail: (error) => frame?.fail(error),
    leave(again) {
      if (again) forgetReloads(reason);
      if (!mayReload(reason)) throw stuck;
      location.reload();
    },
  });
}

/**
 * The HTML of app/index.html links no stylesheet: served at any depth, it finds this module by trying.
 *
 * @param {string} href
 * @returns {Promise<void>} settled when the page may be drawn
 */
function addStylesheet(href) {
  if (document.querySelector(`link[href="${new URL(href).pathname}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = element("link", { rel: "stylesheet", href });
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}
