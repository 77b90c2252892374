/**
 * Imports the sources of a new instance. One source that fails does not stop the others.
 *
 * downloads.js fetches them, intake.js decides what the bytes become.
 */

import { originOf } from "../sources/downloads.js";
import { inOneLine, LiteError, STOPPED_BEFORE, toWire } from "../../shared/errors.js";
import { withJournals } from "../../shared/journals.js";

/** @typedef {import("../sources/downloads.js").Download} Download */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("./boot-progress.js").Step} Step */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../../shared/protocol.js").Note} Note */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/** Files about the data, which opens without them. */
const SETTINGS = ["metadata", "config"];

/**
 * @param {Download[]} downloads
 * @param {object} options
 * @param {Intake} options.intake
 * @param {URL} options.siteRoot
 * @param {import("./start.js").DuringGuard} options.guard
 * @param {(step: Step) => void} options.report
 * @param {() => void} options.settled  called once metadata and configuration are there and before the
 *   larger sources; may throw
 * @param {SavedInstance} [options.replaced]  the saved instance, which this replaces once it has worked
 * @returns {Promise<{problems: WireError[], notes: Note[]}>} problems of what could not be opened, each
 *   with its `source`, and notes on what could
 * @throws {LiteError} if nothing could be opened, or if a source that is saved can no longer be opened
 */
export async function takeAll(downloads, options) {
  const { intake, siteRoot, guard, report, settled, replaced } = options;
  /** @type {Array<{download: Download, error: unknown}>} */
  const failures = [];
  /** @type {Note[]} */
  const notes = [];
  let isSettled = false;
  const together = withJournals(downloads, ({ version }) => version.url);
  for (const { database: download, journals } of together) {
    if (!isSettled && !SETTINGS.includes(download.version.parameter)) {
      settled();
      isSettled = true;
    }
    report(fetching(download));
    const { label, version } = download;
    try {
      const data = await download.bytes;
      download.bytes = Promise.resolve(new Uint8Array()); // so that it is not kept twice
      const origin = originOf(version, siteRoot);
      const { parameter, url: name } = version;
      const beside = [];
      for (const { suffix, journal } of journals) {
        try {
          // A journal is no database, so it was read as a whole.
          beside.push({ suffix, data: /** @type {Uint8Array} */ (await journal.bytes) });
          journal.bytes = Promise.resolve(new Uint8Array());
        } catch (error) {
          failures.push({ download: journal, error });
        }
      }
      const urls = journals.map(({ journal }) => journal.version.url);
      const from = { ...origin, ...(urls.length > 0 && { journals: urls }) };
      const content = { name, data, journals: beside };
      const incoming = { parameter, ...content, origin: from, options: download.options };
      /** @param {{done: number, total?: number}} progress */
      const onProgress = ({ done, total }) =>
        report({ stage: "import", label, done, total, unit: "bytes" });
      const take = () => intake.take(incoming, { onProgress });
      const taken = await guard.during(`Importing ${name}`, take);
      notes.push(...taken.notes.map((message) => ({ source: name, message })));
    } catch (error) {
      // Failures of the program, and of data that people had, matter more than the remaining sources.
      if (!(error instanceof LiteError) || wasOpen(download, replaced)) throw error;
      failures.push({ download, error });
    }
  }
  const sources = downloads.filter(isData);
  const failed = failures.filter(({ download }) => isData(download));
  if (sources.length > 0 && failed.length === sources.length) throw allFailed(failed);
  const problems = failures.map(({ download, error }) => {
    const { name, message, hint } = toWire(error);
    return { name, message, hint, source: download.version.url };
  });
  return { problems, notes };
}

/**
 * Wait for the downloads, so that people need not wait for Python to learn that there is nothing to open.
 *
 * @param {Download[]} downloads
 * @returns {Promise<never>} rejected once all sources have failed; otherwise never settled
 */
export async function untilHopeless(downloads) {
  const sources = downloads.filter(isData);
  // The bytes must not be kept here.
  const outcomes = sources.map((download) =>
    download.bytes.then(
      () => undefined,
      (/** @type {unknown} */ error) => ({ download, error }),
    ),
  );
  const failures = (await Promise.all(outcomes)).filter((one) => one !== undefined);
  if (sources.length > 0 && failures.length === sources.length) throw allFailed(failures);
  return new Promise(() => {});
}

/** @param {Download} download */
function isData({ version }) {
  return !SETTINGS.includes(version.parameter);
}

/**
 * @param {Download} download
 * @returns {Step}
 */
export function fetching({ label, done, total }) {
  return { stage: "fetch", label, done, total, unit: "bytes" };
}

/**
 * @param {Download} download
 * @param {SavedInstance} [saved]
 * @returns {boolean} whether the saved instance holds data from this source
 */
function wasOpen({ version: { url } }, saved) {
  if (!saved) return false;
  const { sources, problems = [] } = saved;
  const failed = problems.some(({ source }) => source === url);
  return !failed && sources.some((source) => source.url === url);
}

/**
 * @param {Array<{download: Download, error: unknown}>} failures
 * @returns {unknown}
 */
function allFailed(failures) {
  if (failures.length === 1) return failures[0].error;
  const errors = failures.map(({ error }) => toWire(error));
  const isRefused = errors.every(({ name }) => name === STOPPED_BEFORE);
  return new LiteError(`None of the ${failures.length} sources could be opened.`, {
    hint: errors.map(inOneLine).join(" "),
    ...(isRefused && { name: STOPPED_BEFORE }),
  });
}
