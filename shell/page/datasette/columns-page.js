/**
 * The script of the column overview (plugins/columns.py): reads the results line by line while Python
 * goes through the rows, and shows them. “Stop” keeps what is known so far.
 */

import { LiteError, inOneLine } from "../../shared/errors.js";
import { byId, element } from "../ui/dom.js";
import { columnCard } from "./column-card.js";

/**
 * @typedef {object} Overview
 * @property {number} rows
 * @property {number | null} total
 * @property {boolean} complete
 * @property {import("./column-card.js").Column[]} columns
 */

const target = byId("lite-columns");
const status = byId("lite-progress");
const bar = /** @type {HTMLProgressElement} */ (byId("lite-bar"));
const stop = /** @type {HTMLButtonElement} */ (byId("lite-stop"));

const { url = "", rows: rowsUrl } = target.dataset;
const controller = new AbortController();
/** @type {Overview | undefined} */
let latest;

stop.addEventListener("click", () => controller.abort());
void run();

async function run() {
  status.textContent = "Reading the rows…";
  try {
    for await (const overview of overviews(url, controller.signal)) show(overview);
    if (!latest?.complete) throw new LiteError("The overview ended before all rows were read.");
  } catch (error) {
    if (controller.signal.aborted) {
      status.textContent = `Stopped. This is what the first ${count(latest?.rows ?? 0)} say.`;
    } else {
      const why = error instanceof LiteError ? inOneLine(error) : String(error);
      status.replaceChildren(element("span", { class: "message-error" }, why));
    }
  } finally {
    bar.hidden = stop.hidden = true;
  }
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Overview>}
 */
async function* overviews(address, signal) {
  const whole = new URL(address, location.href);
  whole.searchParams.set("_stream", "on");
  const response = await fetch(whole, { signal });
  if (!response.ok || !response.body) throw new LiteError(await reasonOf(response));
  const lines = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value = "" } = await lines.read();
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    // Only the newest counts.
    const newest = parts.pop();
    if (newest) yield JSON.parse(newest);
    if (done) return;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function reasonOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return `The rows could not be read (status ${response.status}).`;
  }
}

/** @param {Overview} overview */
function show(overview) {
  latest = overview;
  const { rows, total, complete, columns } = overview;
  bar.hidden = stop.hidden = complete;
  if (total === null) bar.removeAttribute("value");
  else {
    bar.max = Math.max(1, total);
    bar.value = rows;
  }
  const all = rows === 1 ? "The only row was read." : `All ${count(rows)} were read.`;
  const of = total === null ? "" : ` of ${total.toLocaleString("en")}`;
  status.textContent = complete
    ? rows === 0
      ? "There are no rows."
      : all
    : `Read ${rows.toLocaleString("en")}${of} rows so far.`;
  columns.forEach((column, index) => {
    let card = target.children[index];
    if (!card) {
      card = element("section", { "aria-label": column.name });
      target.append(card);
    }
    // A link that has the focus must not disappear while it is being read.
    if (complete || !card.contains(document.activeElement)) {
      card.replaceChildren(...columnCard(column, rowsUrl));
    }
  });
}

/** @param {number} rows */
function count(rows) {
  return rows === 1 ? "row" : `${rows.toLocaleString("en")} rows`;
}
