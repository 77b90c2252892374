/**
 * Decides, before anything of a workspace starts, whether a page load may reach it. The worker answers
 * for itself what another site must not frame, run or send.
 *
 * arrivals.js reads what a request says about itself. Only two checks need the saved state, and they ask
 * the same: does the workspace hold anything that its address does not name? If it does, it is
 * private.
 *
 * Workspaces made for embedding are the exception: other sites may frame them whatever they hold. The
 * page around one can ask it for its rows anyway (docs/embedding.md).
 */

import { LiteError } from "../../shared/errors.js";
import { embeddingOf, isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { errorPage, framedPage, questionPage } from "./pages.js";
import { fetchSite } from "../bridge/request-head.js";
import { siteSettings } from "../site-cache/site-settings.js";
import {
  choosesWork,
  comesFromSite,
  comesFromWithin,
  decides,
  isFramed,
} from "../trust/arrivals.js";
import { useOf, withSafeHeaders } from "../site-cache/response-headers.js";

/** @typedef {import("../site-cache/response-headers.js").Framing} Framing */

/**
 * @typedef {object} Verdict
 * @property {Framing} framing     which pages may show the answer in a frame
 * @property {Response} [refusal]  the answer to give instead; undefined when the workspace may be asked
 */

/**
 * Answer a request to a workspace if it may be answered, with headers that keep other sites out.
 *
 * @param {Request} request
 * @param {{key: string, path: string}} address
 * @param {URL} siteRoot
 * @param {() => Promise<boolean>} isPrivate  called only where it matters
 * @param {() => Promise<Response>} answer    of the workspace
 * @returns {Promise<Response>}
 */
export async function guarded(request, address, siteRoot, isPrivate, answer) {
  const { framing, refusal } = await judge(request, address, siteRoot, isPrivate);
  const response = refusal ?? (await answer());
  const use = useOf(request);
  const onlyThisSite = use !== "part" && isSealed(address.key);
  return withSafeHeaders(response, { use, framing, onlyThisSite });
}

/**
 * @param {string} key
 * @returns {boolean} whether the pages of a workspace may talk to this site only
 */
function isSealed(key) {
  try {
    const isAsked = key !== "" && isSwitchedOn(keyToRecipe(key), "private");
    return isAsked || siteSettings().private;
  } catch {
    return true; // an invalid key, whose page is one of the worker's own
  }
}

/**
 * @param {Request} request
 * @param {{key: string, path: string}} address
 * @param {URL} siteRoot
 * @param {() => Promise<boolean>} isPrivate
 * @returns {Promise<Verdict>}
 */
async function judge(request, { key, path }, siteRoot, isPrivate) {
  const embed = embeddingOf(key);
  const isRead = request.method === "GET" || request.method === "HEAD";
  const isNavigation = request.mode === "navigate";
  if (embed === "read" && !isRead) {
    return { framing: "any", refusal: await readOnly(siteRoot, isNavigation) };
  }
  if (!isNavigation) return { framing: "self" };
  /** @type {Framing} */
  let framing = "self";
  const isEmbedded = embed !== undefined && isFramed(request);
  if (isFramed(request)) {
    const isForAll = isEmbedded || !(await isPrivate());
    if (!decides(path, embed === "edit") && isForAll) framing = "any";
    else if (isEmbedded || !comesFromSite(request, siteRoot)) {
      return { framing: "any", refusal: await framedPage(siteRoot.pathname, request.url) };
    }
  }
  const site = fetchSite(request, "", siteRoot.origin);
  if (!isRead) {
    if (site === "cross-site" && (await isPrivate())) {
      return { framing: "none", refusal: await crossSiteForm(siteRoot) };
    }
  } else if (
    !isEmbedded &&
    choosesWork(request.url, path) &&
    !comesFromWithin(request, key, siteRoot) &&
    (await isPrivate())
  ) {
    return { framing: "none", refusal: await questionPage(siteRoot.pathname, key, request.url) };
  }
  return { framing };
}

/**
 * @param {URL} siteRoot
 * @param {boolean} wantsPage
 */
function readOnly(siteRoot, wantsPage) {
  const error = new LiteError("This embedded copy of the data is read-only.", {
    hint: "Nothing was changed. “Open full size” opens the data in a tab, where it can be changed.",
  });
  return errorPage(error, 403, { siteRoot: siteRoot.pathname, wantsPage });
}

/** @param {URL} siteRoot */
function crossSiteForm(siteRoot) {
  const error = new LiteError("A cross-site form was refused: another site sent it.", {
    hint: "Nothing was changed. To change this data, use the forms of its own pages.",
  });
  return errorPage(error, 403, { siteRoot: siteRoot.pathname, wantsPage: true });
}
