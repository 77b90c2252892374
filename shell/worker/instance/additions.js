/**
 * Adds to a running instance: files from the person's disk, and sources fetched again.
 *
 * Handles one at a time, and saves each before the next begins. Pages are answered meanwhile. intake.js
 * decides what the bytes become.
 */

import { checkSize } from "../sources/capacity.js";
import { fetchIfChanged, fetchSources, originOf } from "../sources/downloads.js";
import { cancelled, fileOrigin, isCancelled } from "../sources/intake.js";
import { valueOf } from "../runtime/python-result.js";
import { LiteError, toWire } from "../../shared/errors.js";
import { withJournals } from "../../shared/journals.js";
import { tildeEncoded } from "../../shared/tilde-encoding.js";

/** @typedef {import("../../shared/protocol.js").AddProgress} AddProgress */
/** @typedef {import("../../shared/protocol.js").AddResult} AddResult */
/** @typedef {import("../../shared/protocol.js").FileToAdd} FileToAdd */
/** @typedef {import("../../shared/saved-store.js").SavedSource} SavedSource */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("../sources/intake.js").Watch} Watch */

/**
 * @typedef {object} AddWatch
 * @property {string} by  id of the client that asks
 * @property {string} [title]  a name for the workspace, if it has none
 * @property {(progress: AddProgress) => void} onProgress
 * @property {() => boolean} isCancelled
 */

/**
 * Do something that writes to the instance, then wait until that is saved.
 *
 * @callback AndSave
 * @param {string} by  id of the client that asks
 * @param {() => Promise<any>} work
 * @param {(done: number, total: number) => void} [onSave]
 * @returns {Promise<any>} the result of the work
 */

export class Additions {
  #intake;
  #andSave;
  #guard;
  /** @type {Promise<unknown>} settled when the last addition requested so far is over */
  #turn = Promise.resolve();

  /**
   * @param {Intake} intake
   * @param {AndSave} andSave
   * @param {Pick<import("./crash-guard.js").CrashGuard, "during">} guard
   */
  constructor(intake, andSave, guard) {
    this.#intake = intake;
    this.#andSave = andSave;
    this.#guard = guard;
  }

  /**
   * @param {FileToAdd[]} files
   * @param {AddWatch} watch
   * @returns {Promise<AddResult>}
   * @throws {LiteError} named "Cancelled"; nothing of the unfinished file remains then
   */
  add(files, watch) {
    return this.#inTurn(() => this.#addAll(files, watch));
  }

  /**
   * @param {FileToAdd[]} files
   * @param {AddWatch} watch
   * @returns {Promise<AddResult>}
   */
  async #addAll(files, { by, onProgress, isCancelled: stop }) {
    /** @type {AddResult} */
    const result = { path: "", added: [], notes: [], problems: [] };
    for (const [index, offered] of files.entries()) {
      const { file, journals = [], options, kind, addition, mayChange } = offered;
      const label = file.name;
      /** @param {Pick<AddProgress, "stage" | "done"> & Partial<AddProgress>} progress */
      const report = ({ stage, done, total = 0, rows = 0 }) =>
        onProgress({ label, stage, done, total, rows, file: index, files: files.length });
      try {
        if (stop()) throw cancelled();
        const names = journals.map(({ journal }) => journal.name);
        const origin = {
          ...fileOrigin(file, kind),
          ...{ addition, ...(names.length > 0 && { journals: names }) },
        };
        const beside = journals.map(({ suffix, journal }) => ({ suffix, data: journal }));
        if (!(await this.#intake.isReadInSlices(file, beside))) checkSize(file.size, label);
        const content = { name: label, data: file, journals: beside };
        const incoming = { parameter: "auto", ...content, origin, options, mayChange };
        const watch = { onProgress: report, isCancelled: stop };
        const { path, added, notes } = await this.#andSave(
          by,
          () => this.#guard.during(`Importing ${label}`, () => this.#intake.take(incoming, watch)),
          (done, total) => report({ stage: "save", done, total }),
        );
        result.path ||= path;
        result.added.push(...added.map((/** @type {any} */ one) => ({ ...one, file: index })));
        result.notes.push(...notes);
      } catch (error) {
        if (isCancelled(error) || !(error instanceof LiteError)) throw error;
        result.problems.push({ ...toWire(error), source: label });
      }
    }
    return result;
  }

  /**
   * Fetch a source again and, if it has newer data, replace what was made from it.
   *
   * @param {any} python  BrowserInstance of bootstrap.py
   * @param {object} wanted
   * @param {string} wanted.id  of the source
   * @param {boolean} wanted.revert  replace it even if there is no newer data
   * @param {string} wanted.by  id of the client that asks
   * @param {URL} siteRoot
   * @param {(version: SavedSource) => void} onReload  called with what was fetched, before it is saved
   * @returns {Promise<{path: string, url?: string}>} url: what was fetched, if anything
   * @throws {LiteError}
   */
  reload(python, { id, revert, by }, siteRoot, onReload) {
    return this.#inTurn(async () => {
      const { parameter, origin, options, added } = valueOf(python.source(id));
      if (!origin.url) {
        throw new LiteError(
          `${origin.file ?? "This source"} is a file from your disk, which cannot be read again.`,
          {
            hint: "Drop the file onto the page once more and choose to replace the table.",
            source: origin.file,
          },
        );
      }
      const known = { sha256: "", etag: "", lastModified: "", size: 0, loadedAt: 0 };
      const { journals: urls = [], ...from } = origin;
      // With journals, the newest rows are in those, and the database itself may be unchanged.
      const isCompared = urls.length === 0 && !revert;
      /** @type {SavedSource} */
      const source = { ...known, ...(isCompared ? from : { url: origin.url }), parameter };
      // A journal belongs to all of its database.
      const whole = urls.length > 0 ? { ...options, range: false } : options;
      const fetched = await fetchIfChanged(source, whole);
      if (!fetched) return { path: pathOf(added) };
      const { bytes: data, version } = fetched;
      const journals = await fetchJournals(urls, origin.url, siteRoot);
      const newOrigin = {
        ...originOf(version, siteRoot),
        ...(origin.member && { member: origin.member }),
        ...(urls.length > 0 && { journals: urls }),
      };
      const content = { name: origin.url, data, journals };
      const incoming = { parameter, ...content, origin: newOrigin, options, id };
      const { path } = await this.#andSave(by, async () => {
        const take = () => this.#intake.take(incoming);
        const taken = await this.#guard.during(`Importing ${origin.url}`, take);
        onReload(version);
        return taken;
      });
      return { path, url: version.url };
    });
  }

  /**
   * Replace what was made from a file of the person's by what the file holds now.
   *
   * @param {any} python  BrowserInstance of bootstrap.py
   * @param {object} wanted
   * @param {string} wanted.id  of the source
   * @param {File} wanted.file
   * @param {string} wanted.by  id of the client that asks
   * @returns {Promise<{path: string, url: string}>} url: the file's name
   * @throws {LiteError}
   */
  takeAgain(python, { id, file, by }) {
    return this.#inTurn(async () => {
      const { parameter, origin, options } = valueOf(python.source(id));
      const { name } = file;
      if (!(await this.#intake.isReadInSlices(file))) checkSize(file.size, name);
      const newOrigin = { ...fileOrigin(file, "file"), addition: origin.addition };
      const incoming = { parameter, name, data: file, origin: newOrigin, options, id };
      const { path } = await this.#andSave(by, () =>
        this.#guard.during(`Importing ${name}`, () => this.#intake.take(incoming)),
      );
      return { path, url: name };
    });
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const turn = this.#turn.catch(() => {}).then(work);
    this.#turn = turn;
    return turn;
  }
}

/**
 * @param {string[]} urls  of journals
 * @param {string} database  its URL
 * @param {URL} siteRoot
 * @returns {Promise<import("../sources/unpack.js").Journal[]>}
 */
async function fetchJournals(urls, database, siteRoot) {
  const sources = urls.map((value) => ({ parameter: "url", value, options: {} }));
  const downloads = fetchSources(sources, siteRoot, () => {});
  const bytes = await Promise.all(downloads.map((download) => download.bytes));
  const [{ journals }] = withJournals([database, ...urls], (url) => url);
  return journals.map(({ suffix, journal }) => {
    // A journal is no database, so it was read as a whole.
    return { suffix, data: /** @type {Uint8Array} */ (bytes[urls.indexOf(journal)]) };
  });
}

/**
 * @param {Array<{database: string, table: string | null}>} added
 * @returns {string} path of the first one's page
 */
function pathOf([first]) {
  if (!first) return "";
  return [first.database, first.table]
    .filter((name) => name !== null)
    .map(tildeEncoded)
    .join("/");
}
