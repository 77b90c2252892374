/**
 * The worker's own answers: while Python cannot answer (the booting page, the page that asks for
 * consent, the error page), and where Python must not be asked (gate.js).
 */

import { TOO_SLOW } from "../bridge/bridge.js";
import { causeInWords } from "../instance/crash-guard.js";
import { GONE, NO_ROOM, NOT_SAVED } from "../storage/save-errors.js";
import { sitePage } from "../site-cache/site-files.js";
import { LiteError, STOPPED_BEFORE, toWire } from "../../shared/errors.js";
import { instancePath } from "../../shared/paths.js";
import { isOfApp } from "../../shared/recipe.js";

/** Headings of the error page, by the error's name or else by the status. */
const TITLES = /** @type {Record<string, string>} */ ({
  [NO_ROOM]: "This could not be saved",
  [NOT_SAVED]: "This could not be saved",
  [GONE]: "This data has changed",
  [STOPPED_BEFORE]: "This stopped the workspace",
  403: "This was refused",
  503: "This data could not be opened",
});

/** Statuses of requests that end in an error, by its name; of all others 500. */
const STATUSES = /** @type {Record<string, number>} */ ({
  [NO_ROOM]: 507,
  [GONE]: 409,
  [TOO_SLOW]: 504,
  [STOPPED_BEFORE]: 503,
});

const HEADERS = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

/**
 * The page that shows the progress of a boot and then loads its address again.
 *
 * @param {string} siteRoot  path
 * @returns {Promise<Response>}
 */
export async function bootingPage(siteRoot) {
  return new Response(filled(await template("booting"), { root: siteRoot }), {
    status: 202, // accepted, not yet done; an error status would put an error into the console
    headers: HEADERS,
  });
}

/**
 * The page that asks a person to decide about code.
 *
 * @param {import("../../shared/protocol.js").Consent} consent
 * @param {string} siteRoot  path
 * @returns {Promise<Response>}
 */
export async function consentPage(consent, siteRoot) {
  const slots = { root: siteRoot, consent: JSON.stringify(consent) };
  return new Response(filled(await template("consent"), slots), { headers: HEADERS });
}

/**
 * The page that asks before a link from outside makes a private workspace do something.
 *
 * @param {string} siteRoot  path
 * @param {string} key       of the workspace
 * @param {string} url       that the link leads to
 * @returns {Promise<Response>}
 */
export async function questionPage(siteRoot, key, url) {
  const { pathname, search, searchParams } = new URL(url);
  // To an app, any other parameter may matter more.
  const queries = isOfApp(key) ? [] : searchParams.getAll("sql");
  const work = queries.join("\n\n") || readable(pathname + search);
  const slots = { root: siteRoot, home: siteRoot + instancePath(key), work };
  return new Response(filled(await template("question"), slots), { headers: HEADERS });
}

/**
 * The answer to a page load that stopped the workspace's Python before.
 *
 * @param {import("../../shared/saved-store.js").GuardedWork} work
 * @param {string} key  of the workspace
 * @param {string} url  of the page
 * @param {{siteRoot: string, wantsPage: boolean}} context
 * @returns {Promise<Response>}
 */
export async function stoppedPage({ reason }, key, url, { siteRoot, wantsPage }) {
  const why = causeInWords(reason);
  if (!wantsPage) {
    const error = new LiteError(
      `This stopped the workspace before, so it was not run again. ${why}`,
      {
        hint: "Open its address in a tab to run it all the same.",
        traceback: reason,
      },
    );
    return errorPage(error, 503, { siteRoot, wantsPage });
  }
  const { pathname, search } = new URL(url);
  const slots = {
    root: siteRoot,
    home: siteRoot + instancePath(key),
    work: readable(pathname + search),
    why,
    details: reason ?? "",
  };
  return new Response(filled(await template("stopped"), slots), { headers: HEADERS });
}

/**
 * The page that another site's frame shows instead of a page that it must not frame.
 *
 * @param {string} siteRoot  path
 * @param {string} url       of that page
 * @returns {Promise<Response>}
 */
export async function framedPage(siteRoot, url) {
  return new Response(filled(await template("framed"), { root: siteRoot, url }), {
    headers: HEADERS,
  });
}

/**
 * @param {string} address
 * @returns {string} with its escapes decoded, where they can be
 */
function readable(address) {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/**
 * @param {unknown} error
 * @param {number} status
 * @param {{siteRoot: string, wantsPage: boolean}} context  a page for people, else plain text
 * @returns {Promise<Response>}
 */
export async function errorPage(error, status, { siteRoot, wantsPage }) {
  const { name, message, hint, traceback = "" } = toWire(error);
  const text = [message, hint, traceback].filter(Boolean).join("\n\n");
  if (wantsPage) {
    const html = await template("failed").catch(() => null);
    if (html !== null) {
      const title = TITLES[name] ?? TITLES[status] ?? "Something went wrong";
      const slots = {
        title,
        message,
        hint,
        details: traceback,
        root: siteRoot,
        status: `${status}`,
      };
      return new Response(filled(html, slots), { status, headers: HEADERS });
    }
  }
  const headers = { ...HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(text, { status, headers });
}

/**
 * The answer to a request that reached the application and ended in an error.
 *
 * @param {unknown} error
 * @param {{siteRoot: string, wantsPage: boolean}} context
 * @returns {Promise<Response>}
 */
export function failurePage(error, context) {
  const { name = "" } = /** @type {{name?: string}} */ (error ?? {});
  return errorPage(error, STATUSES[name] ?? 500, context);
}

/**
 * @param {"booting" | "failed" | "consent" | "question" | "framed" | "stopped"} name
 * @returns {Promise<string>} the HTML of a page of app/
 */
async function template(name) {
  return (await sitePage(`app/${name}.html`)).text();
}

/**
 * @param {string} html  with {{name}} where a value goes
 * @param {Record<string, string>} slots
 */
function filled(html, slots) {
  return html.replace(/\{\{(\w+)\}\}/g, (_, name) => escapeHtml(slots[name] ?? ""));
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
