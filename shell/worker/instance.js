/**
 * One instance: its boot, from a recipe to a Datasette that answers, and its requests.
 *
 * Responsible for the order of things and for telling those who watch. How Python starts is
 * runtime.js's business, how a request crosses is bridge.js's, what a source contains is Python's.
 */

import { answer } from "./bridge.js";
import { readAll } from "./download.js";
import { startPython } from "./runtime.js";
import { siteFile } from "./site-files.js";
import { LiteError, fromWire } from "../shared/errors.js";
import { openSource } from "../shared/fetch-source.js";
import { instancePath } from "../shared/paths.js";
import { keyToRecipe, SOURCE_PARAMETERS } from "../shared/recipe.js";
import { SHELL_ROOT } from "../shared/site.js";

/** @typedef {import("../shared/protocol.js").Progress} Progress */
/** @typedef {import("../shared/recipe.js").Recipe} Recipe */
/** @typedef {import("./runtime.js").Step} Step */
/** @typedef {import("./runtime.js").Pyodide} Pyodide */

/** Watchers hear of progress this often at most, and this often at least. */
const REPORT_EVERY = 100;
const HEARTBEAT = 1000;

export class Instance {
  /** @type {"new" | "booting" | "ready" | "failed"} */
  state = "new";
  /** @type {Set<(progress: Progress) => void>} */
  watchers = new Set();
  /** When a request last came, in ms as performance.now() counts. */
  lastUsed = 0;
  #key;
  #siteRoot;
  #startedAt = 0;
  #reportedAt = 0;
  /** @type {Step} */
  #step = { stage: "download", label: "" };
  /** @type {Promise<void> | undefined} */
  #booted;
  /** @type {any} BrowserInstance of bootstrap.py, as a PyProxy */
  #python;
  /** @type {any} its method, kept: each look-up would make another proxy */
  #handle;
  /** @type {Set<(error: unknown) => void>} how those who wait for Python learn that it broke down */
  #waiting = new Set();
  /** @type {unknown} what broke it down */
  #breakdown;

  /**
   * @param {string} key
   * @param {URL} siteRoot
   */
  constructor(key, siteRoot) {
    this.#key = key;
    this.#siteRoot = siteRoot;
  }

  /**
   * Start, unless that has happened already.
   *
   * @returns {Promise<void>} settled when the instance answers requests
   * @throws {LiteError} or whatever else stopped the boot
   */
  boot() {
    this.#booted ??= this.#run();
    return this.#booted;
  }

  /** @returns {Progress} */
  get progress() {
    return { ...this.#step, elapsed: Math.round(performance.now() - this.#startedAt) };
  }

  /**
   * @param {Request} request
   * @param {string} clientId
   * @param {import("./bridge.js").ErrorPage} errorPage
   * @returns {Promise<Response>}
   */
  async handle(request, clientId, errorPage) {
    this.lastUsed = performance.now();
    /** @type {import("./bridge.js").Handle} */
    const handle = (...asgi) => this.#unlessPythonBreaks(this.#handle(...asgi));
    return answer(handle, request, clientId, errorPage);
  }

  /** Shut down; the instance is of no use afterwards. */
  async close() {
    await this.#booted?.catch(() => {});
    await this.#python?.close();
    this.#handle?.destroy();
    this.#python?.destroy();
  }

  async #run() {
    this.state = "booting";
    this.#startedAt = performance.now();
    const heartbeat = setInterval(() => this.#tell(), HEARTBEAT);
    try {
      await this.#unlessPythonBreaks(this.#boot());
      this.state = "ready";
    } catch (error) {
      this.state = "failed";
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #boot() {
    const recipe = this.#key === "" ? await shippedRecipe() : keyToRecipe(this.#key);
    const sources = recipe.filter(([name]) =>
      /** @type {readonly string[]} */ (SOURCE_PARAMETERS).includes(name),
    );
    // Downloads run while Python starts; what they report is shown once it is their turn.
    const downloads = sources.map(([, value]) => this.#download(value));
    for (const download of downloads) download.bytes.catch(() => {});
    const pyodide = await startPython((step) => this.#report(step));
    // Not in its types, but nothing else tells: what waits for Python then would wait for ever.
    /** @type {any} */ (pyodide)._api.on_fatal = (/** @type {unknown} */ error) => {
      this.state = "failed";
      this.#breakdown = error;
      for (const fail of this.#waiting) fail(error);
    };
    this.#report({ stage: "datasette", label: "" });
    const bootstrap = pyodide.pyimport("bootstrap");
    const base = this.#siteRoot.pathname + instancePath(this.#key);
    const python = bootstrap.BrowserInstance(base, SHELL_ROOT.pathname);
    bootstrap.destroy();
    for (const [index, [parameter]] of sources.entries()) {
      await this.#addSource(pyodide, python, parameter, downloads[index]);
    }
    this.#report({ stage: "open", label: "" });
    throwIfFailed(await python.open(recipe.some(([name]) => name === "memory")));
    this.#python = python;
    this.#handle = python.handle;
  }

  /**
   * @template T
   * @param {Promise<T>} work  of Python's, which is never settled once Python has broken down
   * @returns {Promise<T>}
   */
  #unlessPythonBreaks(work) {
    return new Promise((resolve, reject) => {
      if (this.#breakdown) reject(this.#breakdown);
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /**
   * @param {string} value  a source's URL as in the recipe
   * @returns {Download}
   */
  #download(value) {
    const url = URL.canParse(value, this.#siteRoot.href)
      ? new URL(value, this.#siteRoot).href
      : value;
    /** @type {Download} */
    const download = {
      url,
      label: fileName(url),
      done: 0,
      total: undefined,
      bytes: Promise.resolve(new Uint8Array()),
    };
    download.bytes = openSource(url).then((response) =>
      readAll(response, (done, total) => {
        Object.assign(download, { done, total });
        if (this.#step.stage === "fetch") this.#report(fetching(download));
      }).catch((cause) => {
        throw new LiteError(`The download of ${url} broke off.`, {
          hint: "Check your connection, then try again.",
          source: url,
          cause,
        });
      }),
    );
    return download;
  }

  /**
   * @param {Pyodide} pyodide
   * @param {any} python
   * @param {string} parameter
   * @param {Download} download
   */
  async #addSource(pyodide, python, parameter, download) {
    const { url, label } = download;
    this.#report(fetching(download));
    const path = "/source";
    pyodide.FS.writeFile(path, await download.bytes, { canOwn: true });
    download.bytes = Promise.resolve(new Uint8Array());
    this.#report({ stage: "import", label });
    /** @param {number} done @param {number} total */
    const onImport = (done, total) =>
      this.#report({ stage: "import", label, done, total, unit: "bytes" });
    throwIfFailed(await python.add_source(parameter, url, path, onImport));
  }

  /** @param {Step} step */
  #report(step) {
    const newStage = step.stage !== this.#step.stage || step.label !== this.#step.label;
    this.#step = step;
    if (newStage || performance.now() - this.#reportedAt > REPORT_EVERY) this.#tell();
  }

  #tell() {
    this.#reportedAt = performance.now();
    for (const watcher of this.watchers) watcher(this.progress);
  }
}

/**
 * @typedef {object} Download
 * @property {string} url
 * @property {string} label
 * @property {number} done   bytes
 * @property {number} [total]
 * @property {Promise<Uint8Array>} bytes
 */

/**
 * @param {Download} download
 * @returns {Step}
 */
function fetching({ label, done, total }) {
  return { stage: "fetch", label, done, total, unit: "bytes" };
}

/**
 * What the default instance opens: everything in data/.
 *
 * @returns {Promise<Recipe>}
 */
async function shippedRecipe() {
  /** @type {Array<{param: string, file: string}>} */
  const index = await (await siteFile("data/index.json")).json();
  return index.map(({ param, file }) => [param, `data/${encodeURIComponent(file)}`]);
}

/** @param {string} failure  of bootstrap.py: "" or an error as JSON */
function throwIfFailed(failure) {
  if (failure) throw fromWire(JSON.parse(failure));
}

/** @param {string} url */
function fileName(url) {
  return (
    url
      .replace(/[?#].*$/s, "")
      .split("/")
      .pop() || url
  );
}
