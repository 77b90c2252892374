/**
 * The launcher's form: turns addresses that are typed or pasted into a launcher link.
 *
 * Reads the field, recognises the kind of each address and says what is wrong with one. The link is
 * then followed like any other, so nothing is opened here.
 */

import { inOneLine, LiteError, toWire } from "../../shared/errors.js";
import { sniffKind } from "../../shared/fetch-source.js";
import { launcherLink } from "../../shared/recipe.js";
import { kindFromName, toFetchableUrl } from "../../shared/remote-urls.js";
import {
  describeAddress,
  describeSources,
  kindInWords,
  sourceItem,
} from "../ui/describe-sources.js";
import { byId, element } from "../ui/dom.js";
import { packagesIn } from "./form-packages.js";
import { pageOfLink } from "./page-of-link.js";

/** @typedef {import("../../shared/recipe.js").Recipe} Recipe */

/** Where links made for Datasette Lite's first version point: same parameters, same meaning. */
const FIRST_VERSION = "https://lite.datasette.io/";

/**
 * Make the form of index.html work.
 *
 * @param {URL} siteRoot
 */
export function setUpOpenForm(siteRoot) {
  const form = /** @type {HTMLFormElement} */ (byId("open-form"));
  const field = /** @type {HTMLTextAreaElement} */ (byId("addresses"));
  const extras = /** @type {HTMLDetailsElement} */ (byId("extras"));
  const [plugins, ref] = ["plugins", "ref"].map((id) => /** @type {HTMLInputElement} */ (byId(id)));
  const button = /** @type {HTMLButtonElement} */ (byId("open-button"));
  const found = byId("recognised");
  const problems = byId("problems");
  const status = byId("open-status");
  const copy = /** @type {HTMLButtonElement} */ (byId("copy-link"));
  /** Counts submissions and edits, so that the answer to an outdated question is dropped. */
  let round = 0;

  /** @param {boolean} busy */
  const setBusy = (busy) => {
    form.setAttribute("aria-busy", String(busy));
    button.textContent = busy ? "Looking…" : "Open";
    status.textContent = busy ? "Checking what is at this address." : "";
  };
  /**
   * @param {string[]} sentences
   * @param {HTMLElement} [about]
   */
  const complain = (sentences, about = field) => {
    for (const input of [field, plugins, ref]) input.removeAttribute("aria-invalid");
    if (sentences.length > 0) about.setAttribute("aria-invalid", "true");
    problems.replaceChildren(...sentences.map((sentence) => element("p", {}, sentence)));
  };
  const startOver = () => {
    round += 1;
    setBusy(false);
    complain([]);
  };

  const show = () => {
    const addresses = addressesIn(field.value);
    // The stylesheet lets the field grow where browsers can (field-sizing); this is for the others.
    field.rows = Math.min(8, field.value.split("\n").length);
    const packages = packagesIn(plugins.value, ref.value).recipe;
    found.replaceChildren(...recognised(addresses, packages, siteRoot));
    copy.hidden = shareLink(addresses, packages, siteRoot) === null || !navigator.clipboard;
    copy.textContent = "Copy a link that opens this";
  };

  for (const input of [field, plugins, ref]) {
    input.addEventListener("input", () => {
      startOver();
      show();
    });
  }
  copy.addEventListener("click", async () => {
    const packages = packagesIn(plugins.value, ref.value).recipe;
    const link = shareLink(addressesIn(field.value), packages, siteRoot);
    await navigator.clipboard.writeText(link ?? "");
    copy.textContent = "Link copied";
    status.textContent = "Link copied.";
  });
  // Enter opens, as in a one-line field; a further line, which few need, takes Shift.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    startOver();
    const asked = round;
    const packages = packagesIn(plugins.value, ref.value);
    if (packages.failures.length > 0) {
      extras.open = true;
      const isOfRef =
        packages.failures.length === 1 && packagesIn("", ref.value).failures.length > 0;
      const wrong = isOfRef ? ref : plugins;
      complain(packages.failures.map(whyNot), wrong);
      wrong.focus();
      return;
    }
    setBusy(true);
    const { link, failures } = await linkFor(addressesIn(field.value), packages.recipe, siteRoot);
    if (asked !== round) return;
    setBusy(false);
    if (link) return location.assign(link);
    complain(failures);
    field.focus();
  });
  show(); // a browser that comes back to this page keeps the typed text
  extras.open = plugins.value + ref.value !== "";
}

/**
 * @param {string} text  as typed: one address per line, or separated by spaces
 * @returns {string[]} with a scheme added to anything without one that begins like a host
 */
function addressesIn(text) {
  return text
    .split(/\n|\s+(?=https?:\/\/)/i)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => (/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?\//i.test(line) ? `https://${line}` : line));
}

/**
 * @param {string[]} addresses
 * @param {Recipe} packages  that go into the link as well
 * @param {URL} siteRoot
 * @returns {Promise<{link?: string, failures: string[]}>} either a link, or sentences why there is none
 */
async function linkFor(addresses, packages, siteRoot) {
  if (addresses.length === 0 && packages.length > 0) {
    return { link: launcherLink(packages, "", siteRoot), failures: [] };
  }
  if (addresses.length === 0) {
    return { failures: ["Type or paste the address of a data file first."] };
  }
  const [first] = addresses;
  if (addresses.length === 1 && isLauncherLink(first, siteRoot)) {
    const link = new URL(first);
    for (const [name, value] of packages) link.searchParams.append(name, value);
    return { link: new URL(link.search + link.hash, siteRoot).href, failures: [] };
  }
  const answers = await Promise.allSettled(addresses.map((address) => toSource(address, siteRoot)));
  /** @type {Recipe} */
  const recipe = [];
  const failures = [];
  for (const answer of answers) {
    if (answer.status === "fulfilled") recipe.push(answer.value);
    else failures.push(whyNot(answer.reason));
  }
  return failures.length > 0
    ? { failures }
    : { link: launcherLink([...recipe, ...packages], pageOfLink(recipe), siteRoot), failures };
}

/**
 * @param {string} address
 * @param {URL} siteRoot
 */
function isLauncherLink(address, siteRoot) {
  const ours = [FIRST_VERSION, siteRoot.href].some((root) => address.startsWith(root));
  if (!ours) return false;
  const { pathname, search, hash } = new URL(address);
  const atRoot = pathname === "/" || pathname === siteRoot.pathname;
  return atRoot && (search !== "" || hash.startsWith("#/"));
}

/**
 * @param {string} address
 * @param {URL} siteRoot
 * @returns {Promise<[string, string]>} name and value of the parameter that opens it
 * @throws {LiteError}
 */
async function toSource(address, siteRoot) {
  const url = toUrl(address, siteRoot);
  if (!url) {
    throw new LiteError(`“${address}” is not an address that can be fetched.`, {
      hint: "Use one that begins with https://, such as https://example.org/penguins.csv.",
    });
  }
  return [kindFromName(address) ?? (await sniffKind(url.href)), address];
}

/**
 * @param {string} address
 * @param {URL} siteRoot
 * @returns {URL | null} null if it cannot be an address of data
 */
function toUrl(address, siteRoot) {
  // A bare word is more often a slip than a file of this site, unless it is named like one.
  const base = kindFromName(address) ? siteRoot : undefined;
  if (!URL.canParse(address, base)) return null;
  const url = new URL(address, base);
  return /^https?:$/.test(url.protocol) ? url : null;
}

/**
 * @param {string[]} addresses
 * @param {Recipe} packages  that go into the link as well
 * @param {URL} siteRoot
 * @returns {string | null} a launcher link, once every kind is known without looking at the data
 */
function shareLink(addresses, packages, siteRoot) {
  /** @type {Recipe} */
  const recipe = [];
  for (const address of addresses) {
    const kind = kindFromName(address);
    if (!kind || !toUrl(address, siteRoot)) return null;
    recipe.push([kind, address]);
  }
  const page = pageOfLink(recipe);
  recipe.push(...packages);
  return recipe.length > 0 ? launcherLink(recipe, page, siteRoot) : null;
}

/**
 * Say what the form makes of the addresses so far, before anything is fetched.
 *
 * @param {string[]} addresses
 * @param {Recipe} packages
 * @param {URL} siteRoot
 * @returns {HTMLLIElement[]}
 */
function recognised(addresses, packages, siteRoot) {
  const data = addresses
    .filter((address) => toUrl(address, siteRoot) && !isLauncherLink(address, siteRoot))
    .map((address) => {
      const kind = kindFromName(address);
      return sourceItem({
        ...describeAddress(toFetchableUrl(address), siteRoot),
        kind: kind ? kindInWords(kind) : "Type detected on opening",
      });
    });
  return [...data, ...describeSources(packages, siteRoot).map(sourceItem)];
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function whyNot(error) {
  return inOneLine(toWire(error));
}
