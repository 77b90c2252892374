/**
 * Offers ways out when saved data does not open: downloads its databases, and starts without one.
 *
 * Downloads come straight from the store, so they need neither the worker nor Python.
 */

import { toWire } from "../../shared/errors.js";
import { readInstance } from "../../shared/saved-contents.js";
import { DATABASES, listInstances, openStore } from "../../shared/saved-store.js";
import { askPerson } from "../ui/ask-person.js";
import { askWorker } from "../worker/ask-worker.js";
import { databasesAmong } from "./describe-saved.js";
import { element, formatBytes } from "../ui/dom.js";
import { downloadDatabase } from "./download-database.js";
import { errorParts } from "../ui/error-view.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("./describe-saved.js").SavedDatabase} Database */

/**
 * @typedef {object} Context
 * @property {string} key  of the instance that does not start
 * @property {URL} siteRoot
 * @property {() => void} onChange  called when it may start now
 */

const ADVICE =
  "If one of the databases is the cause, start without it. It stays saved, and the page “Saved data” " +
  "offers it as a file. The most recently added one comes first.";

/**
 * Add these options to a problem, if anything of the instance is saved.
 *
 * @param {HTMLElement} problem
 * @param {Context} context
 * @returns {Promise<void>} never rejected
 */
export async function showWaysOut(problem, context) {
  try {
    const store = await openStore(context.siteRoot);
    const saved = (await listInstances(store)).find(({ instance }) => instance.key === context.key);
    const databases = await lastFirst(store, context.key, databasesAmong(saved?.files ?? []));
    if (databases.length === 0) return store.close();
    const section = element(
      "section",
      { class: "ways-out", "aria-label": "Your saved data" },
      element("h2", {}, "Your data is saved in this browser"),
      ...(databases.some(({ path }) => path.startsWith(DATABASES))
        ? [element("p", {}, ADVICE)]
        : []),
      element("ul", {}, ...databases.map((database) => item(store, database, context))),
    );
    problem.querySelector(".ways-out")?.remove();
    problem.append(section);
  } catch (error) {
    console.warn("The saved data could not be listed.", error);
  }
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {Database[]} databases
 * @returns {Promise<Database[]>} the most recently added one first
 */
async function lastFirst(store, key, databases) {
  if (databases.length === 0) return [];
  const { files } = await readInstance(store, key, (path) => path === "state.json");
  const text = await files[0]?.content.text();
  /** @type {string[]} */
  const order = text ? (JSON.parse(text).databases ?? []) : [];
  // A database that is not in the list was added after it was written.
  const place = ({ name = "" }) => (order.includes(name) ? order.indexOf(name) : order.length);
  return databases.sort((a, b) => place(b) - place(a));
}

/**
 * @param {Store} store
 * @param {Database} database
 * @param {Context} context
 * @returns {HTMLLIElement}
 */
function item(store, { file, path, size }, { key, onChange }) {
  const said = element("div", { role: "alert" });
  /** @param {() => Promise<void>} work */
  const attempt = (work) =>
    work().catch((error) => said.replaceChildren(...errorParts(toWire(error))));
  const buttons = [
    action("Download", `Download ${file}`, () => attempt(() => downloadDatabase(store, key, path))),
  ];
  if (path.startsWith(DATABASES)) {
    /** @param {boolean} keep */
    const setAside = (keep) =>
      attempt(async () => {
        await askWorker({ type: "set-aside", key, path, keep });
        store.close();
        onChange();
      });
    buttons.push(
      action("Start without it", `Start without ${file}`, () => setAside(true)),
      action("Remove", `Remove ${file}`, async () => {
        if (await confirmed(file, size)) await setAside(false);
      }),
    );
  }
  return element(
    "li",
    {},
    element("strong", {}, file),
    ` ${formatBytes(size)} `,
    element("span", { class: "actions" }, ...buttons),
    said,
  );
}

/**
 * @param {string} file
 * @param {number} size
 */
function confirmed(file, size) {
  return askPerson({
    title: `Remove ${file}?`,
    body: [
      element(
        "p",
        {},
        `This deletes ${formatBytes(size)} from this browser. Download it first if you want to keep it.`,
      ),
    ],
    yes: "Remove",
    danger: true,
  });
}

/**
 * @param {string} text
 * @param {string} label  that says of what
 * @param {() => unknown} onClick
 */
function action(text, label, onClick) {
  const button = element("button", { type: "button", class: "plain", "aria-label": label }, text);
  button.addEventListener("click", onClick);
  return button;
}
