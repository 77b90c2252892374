/**
 * Shows the installed plugins on the page “Plugins”: what each is, where it is from, what is wrong
 * with it, and the buttons that change it.
 *
 * Draws and reports which button was pressed; plugins-page.js then acts on it.
 */

import { isWheel } from "../../shared/recipe.js";
import { canonicalName } from "../../shared/requirement.js";
import { afterDeliberation } from "../ui/deliberation.js";
import { byId, element, formatBytes } from "../ui/dom.js";
import { isDatasette } from "./running-datasette.js";

/** @typedef {import("../../shared/protocol.js").InstalledPlugin} InstalledPlugin */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */

/**
 * @typedef {object} Changes
 * @property {(plugin: InstalledPlugin) => void} remove
 * @property {(plugin: InstalledPlugin) => void} upgrade
 * @property {() => void} decideAgain
 * @property {(plugin: InstalledPlugin) => HTMLElement} tryItOn
 */

/**
 * @param {import("../../shared/protocol.js").PluginList} list
 * @param {ConsentItem[]} refused
 * @param {Changes | null} changes  null where the person may change nothing
 */
export function showInstalled({ plugins, locked }, refused, changes) {
  const brought = plugins.filter((plugin) => plugin.from !== "site" && !isDatasette(plugin));
  const asked = brought.filter(({ asked }) => asked);
  const needed = brought.filter(({ asked }) => !asked);
  // A package that only a plugin needs goes with that plugin.
  const refusedPlugins = refused.filter(({ kind, parts }) => kind !== "package" || !parts?.length);
  byId("lite-installed").replaceChildren(
    ...asked.map((plugin) => installedItem(plugin, changes)),
    ...refusedPlugins.map((item) => refusedItem(item, locked, changes)),
  );
  byId("lite-none").hidden = asked.length + refusedPlugins.length > 0;
  const more = byId("lite-needed");
  more.hidden = needed.length === 0;
  const list = /** @type {HTMLElement} */ (more.querySelector("ul"));
  list.replaceChildren(...needed.map((plugin) => element("li", {}, nameOf(plugin))));
  // The server lists what Datasette runs, but does not know who brought it.
  const here = new Set([...asked, ...needed].map(({ name }) => canonicalName(name)));
  for (const item of byId("lite-active").querySelectorAll("li")) {
    item.hidden = here.has(canonicalName(item.dataset.name ?? ""));
  }
}

/**
 * @param {InstalledPlugin} plugin
 * @returns {string}
 */
export function nameOf({ name, version, requirement }) {
  return `${name || requirement} ${version}`.trim();
}

/**
 * @param {InstalledPlugin} plugin
 * @param {Changes | null} changes
 */
function installedItem(plugin, changes) {
  const { name, version, requirement, problem } = plugin;
  const label = name || requirement;
  return element(
    "li",
    {},
    element("h3", {}, label, element("span", {}, version)),
    element("p", { class: "lite-from" }, origin(plugin)),
    ...(problem ? [element("p", { class: "lite-problem" }, problem)] : []),
    ...(changes
      ? [
          element(
            "div",
            { class: "lite-actions" },
            // A wheel's address names one version, so it has no newer one.
            ...(isWheel(requirement) || (problem && version === "")
              ? []
              : [linkButton("Upgrade", label, () => changes.upgrade(plugin))]),
            linkButton("Remove", label, () => changes.remove(plugin), "lite-danger", true),
            ...(problem ? [] : [changes.tryItOn(plugin)]),
          ),
        ]
      : []),
  );
}

/**
 * @param {ConsentItem} item
 * @param {boolean} locked
 * @param {Changes | null} changes
 */
function refusedItem({ value }, locked, changes) {
  const why = locked ? "this site accepts no code from links" : "you did not allow it";
  return element(
    "li",
    {},
    element("h3", {}, value),
    element("p", { class: "lite-from" }, `Left out: ${why}.`),
    ...(changes && !locked
      ? [
          element(
            "p",
            { class: "lite-actions" },
            linkButton("Decide again…", value, changes.decideAgain),
          ),
        ]
      : []),
  );
}

/** @param {InstalledPlugin} plugin */
function origin({ from, size, requirement, name }) {
  const where = { index: "From the package index", import: "From the workspace that you imported" }[
    from
  ];
  // The index's own words add nothing, but the requested versions do.
  const as =
    from === "index" && requirement !== name && requirement !== "" ? `, as ${requirement}` : "";
  return `${where ?? `From ${from}`}${as}${size > 0 ? `, ${formatBytes(size)}` : ""}`;
}

/**
 * @param {string} label
 * @param {string} about
 * @param {() => void} act
 * @param {string} [look]
 * @param {boolean} [isFinal]  whether it acts without another question
 */
function linkButton(label, about, act, look = "", isFinal = false) {
  const button = element(
    "button",
    {
      type: "button",
      class: `button-as-link ${look}`.trim(),
      "aria-label": `${label.replace("…", "")}: ${about}`,
    },
    label,
  );
  if (isFinal) afterDeliberation(button, { isAnnounced: false });
  button.addEventListener("click", act);
  return button;
}
