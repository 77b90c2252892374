/**
 * Boots an instance in view of the person and then leaves the page for it.
 *
 * The launcher and the pages under app/ share this way of waiting. They differ in where they go when the
 * instance is ready, and so pass that in.
 */

import { toWire } from "../../shared/errors.js";
import { parseAppPath } from "../../shared/paths.js";
import { APP_STAGES } from "../../shared/protocol.js";
import { appOf } from "../../shared/recipe.js";
import { bootInstance, openSaved } from "../worker/boot-client.js";
import { BootView } from "./boot-view.js";
import { describeSources, recipeInWords } from "../ui/describe-sources.js";
import { insist } from "../worker/insist.js";
import { unresponsiveAddress, watchAnswers } from "../worker/responsiveness.js";
import { showWaysOut } from "../saved/ways-out.js";

/**
 * @param {object} boot
 * @param {HTMLElement} boot.container
 * @param {string} boot.key
 * @param {import("../../shared/recipe.js").Recipe} boot.recipe  what the key stands for, to be shown
 * @param {URL} boot.siteRoot
 * @param {boolean} [boot.isStarting]  whether the request for this page has begun the start. If that has
 *   failed by now, the page says why instead of starting it again
 * @param {(view: BootView) => Promise<boolean>} [boot.prepare]  called once the instance is ready;
 *   returns whether its sources must be loaded again
 * @param {(error: import("../../shared/errors.js").WireError) => void} [boot.onFail]
 * @param {(again: boolean, path: string) => void} boot.leave  goes to the instance; throws a LiteError when
 *   that leads nowhere. `again` says that the person asked for another try; `path` is the page to show when
 *   the link names none
 * @returns {Promise<void>}
 */
export async function bootAndLeave(boot) {
  const { container, key, recipe, siteRoot, isStarting = false, prepare, onFail, leave } = boot;
  const subject = {
    name: recipeInWords(recipe, siteRoot),
    sources: describeSources(recipe, siteRoot),
    homeHref: siteRoot.href,
    ...(appOf(recipe) && { stages: APP_STAGES }),
  };
  const view = new BootView(container, subject, {
    onRetry: () => void run(true),
    onOpenSaved: () => void openSaved(key).catch((error) => view.fail(toWire(error))),
  });

  const here = parseAppPath(location.pathname, siteRoot.pathname);
  const help = unresponsiveAddress(key, here ? here.path + location.search : "");
  watchAnswers(key, {
    onSilent: () => view.showUnresponsive(help),
    onAnswer: () => view.hideUnresponsive(),
  });

  /**
   * @param {boolean} again
   * @param {boolean} [fresh]
   */
  async function run(again, fresh = false) {
    view.start();
    try {
      const path = await bootInstance(key, fresh, {
        onProgress: (message) => view.update(message),
        onSilence: (milliseconds) => view.showSilence(milliseconds),
        retry: again || !isStarting,
      });
      if (!fresh && (await prepare?.(view))) return await run(again, true);
      leave(again, path);
      view.finish();
      insist(() => leave(true, path));
    } catch (error) {
      const wire = toWire(error);
      view.fail(fresh ? { ...wire, hint: `${wire.hint} ${UNHARMED}` } : wire);
      onFail?.(wire);
      const { problem } = view;
      if (!fresh) await showWaysOut(problem, { key, siteRoot, onChange: () => void run(true) });
    }
  }
  await run(false);
}

const UNHARMED = "The data saved in this browser is unharmed; “Try again” opens it.";
