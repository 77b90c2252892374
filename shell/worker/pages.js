/**
 * The answers that the worker gives itself, for as long as Python cannot: the booting page, the
 * page that asks for consent, and the error page of app/.
 */

import { GONE, NO_ROOM, NOT_SAVED } from "./refusals.js";
import { siteFile } from "./site-files.js";
import { toWire } from "../shared/errors.js";

/** What the error page is headed with, by the error's name or else by the status. */
const TITLES = /** @type {Record<string, string>} */ ({
  [NO_ROOM]: "This could not be saved",
  [NOT_SAVED]: "This could not be saved",
  [GONE]: "This data has changed",
  503: "This data could not be opened",
});

const HEADERS = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

/**
 * The page that shows how a boot gets on and then loads its address again.
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
 * @param {import("../shared/protocol.js").Consent} consent
 * @param {string} siteRoot  path
 * @returns {Promise<Response>}
 */
export async function consentPage(consent, siteRoot) {
  const slots = { root: siteRoot, consent: JSON.stringify(consent) };
  return new Response(filled(await template("consent"), slots), { headers: HEADERS });
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
 * @param {"booting" | "failed" | "consent"} name
 * @returns {Promise<string>} the HTML of a page of app/
 */
async function template(name) {
  return (await siteFile(`app/${name}.html`)).text();
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
