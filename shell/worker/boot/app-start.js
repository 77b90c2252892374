/**
 * What the start of an app needs: its code, which a person has to allow first, and the packages that the
 * code asks for. engine/apps/ is the Python side.
 */

import { fetching } from "./boot-sources.js";
import { dependenciesOf } from "./app-dependencies.js";
import { absolute, fetchSources } from "../sources/downloads.js";
import { valueOf } from "../runtime/python-result.js";
import { siteSettings } from "../site-cache/site-settings.js";
import { IMPORTED } from "../trust/consent.js";
import { codeFileName, isArchive } from "../../shared/app-code.js";
import { LiteError } from "../../shared/errors.js";
import { sha256 } from "../../shared/hash.js";
import { instancePath } from "../../shared/paths.js";
import { APP_CODE } from "../../shared/saved-store.js";
import { SHELL_ROOT } from "../../shared/site.js";

/** @typedef {import("./application-start.js").ApplicationStart} ApplicationStart */
/** @typedef {import("../sources/downloads.js").Download} Download */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */

/** The site's own apps, and the package index with what they need. */
const EXAMPLES = "apps/";
const EXAMPLES_WHEELS = "apps/wheels/";

/** @implements {ApplicationStart} */
export class AppStart {
  isApp = true;
  // Any module of the standard library may be imported.
  needsWholePython = true;
  // Which modules an app imports is known only once it has run.
  mayUseSnapshot = false;
  #app;
  #options;
  #report;
  /** @type {Download | undefined} of code that was fetched */
  #download;
  #name = "";
  /** @type {Uint8Array} */
  #bytes = new Uint8Array();
  /** @type {ConsentItem | undefined} */
  #item;
  /** Whether the site's owner has published it, with the packages that it needs. */
  #isOwners = false;

  /**
   * @param {{code: string, entry: string, isOwn: boolean}} app  isOwn: whether the code is a person's own
   *   file, which no address leads to
   * @param {import("./start.js").StartOptions} options
   * @param {(step: import("./boot-progress.js").Step) => void} report
   */
  constructor(app, options, report) {
    this.#app = app;
    this.#options = options;
    this.#report = report;
  }

  /** @type {ApplicationStart["find"]} */
  async find(saved, isImported) {
    const url = absolute(this.#app.code, this.#options.siteRoot);
    const [kept] = await saved(APP_CODE);
    if (kept) [this.#name, this.#bytes] = [kept[0].slice(APP_CODE.length), kept[1]];
    else await this.#fetch(url);
    const from = kept && isImported ? IMPORTED : new URL(url).host;
    // A person's own file has no address.
    const value = this.#app.isOwn ? this.#name : url;
    const digest = await sha256(this.#bytes);
    this.#item = { kind: "app", value, from, digest };
    this.#isOwners = isOwners(this.#app, digest, from === IMPORTED);
    if (this.#isOwners) return { items: [], install: [] };
    const install = await dependenciesOf(this.#name, this.#bytes);
    const { href } = this.#options.siteRoot;
    const isExample = url.startsWith(href + EXAMPLES);
    return { items: [this.#item], install, ...(isExample && { index: href + EXAMPLES_WHEELS }) };
  }

  /** @param {string} url */
  async #fetch(url) {
    const { siteRoot, signal } = this.#options;
    const source = { parameter: "app", value: url, options: {} };
    [this.#download] = fetchSources(
      [source],
      siteRoot,
      (download) => this.#report(fetching(download)),
      signal,
    );
    this.#report(fetching(this.#download));
    // Only databases are read block by block.
    this.#bytes = /** @type {Uint8Array} */ (await this.#download.bytes);
    const last = new URL(url).pathname.split("/").at(-1) ?? "";
    this.#name = codeFileName(last, isArchive(this.#bytes));
  }

  /** @type {ApplicationStart["check"]} */
  async check(packages) {
    if (this.#isOwners) return;
    if (!packages.mayRun(/** @type {ConsentItem} */ (this.#item))) throw refused(packages.isLocked);
    if (!packages.isHeldBack) return;
    await packages.release();
    throw heldBack(this.#name);
  }

  /** @type {ApplicationStart["begin"]} */
  async begin() {}

  /** @type {ApplicationStart["untilHopeless"]} */
  untilHopeless() {
    return new Promise(() => {}); // `find` has fetched it
  }

  /** @type {ApplicationStart["isKept"]} */
  isKept(path) {
    return !path.startsWith(APP_CODE);
  }

  /** @type {ApplicationStart["load"]} */
  async load() {}

  /** @type {ApplicationStart["make"]} */
  make(bootstrap) {
    const { siteRoot, key } = this.#options;
    return bootstrap.BrowserApp(siteRoot.pathname + instancePath(key), SHELL_ROOT.pathname);
  }

  /** @type {ApplicationStart["take"]} */
  async take({ pyodide, folder }) {
    const code = `${folder}/${APP_CODE}`;
    pyodide.FS.mkdirTree(code);
    pyodide.FS.writeFile(code + this.#name, this.#bytes);
    return { problems: [], notes: [] };
  }

  /** @type {ApplicationStart["open"]} */
  async open({ python, packages }) {
    this.#report({ stage: "open", label: this.#name });
    try {
      await packages.counted(async () => valueOf(await python.open(this.#name, this.#app.entry)));
    } catch (error) {
      // A package that is missing is the likely cause, so its own sentences come first.
      const missing = packages.problems.map(({ message, hint }) => `${message} ${hint}`.trim());
      if (!(error instanceof LiteError) || missing.length === 0) throw error;
      const { message, hint, traceback } = error;
      throw new LiteError(message, { hint: [...missing, hint].join(" "), traceback, cause: error });
    }
    return [];
  }

  get versions() {
    return this.#download ? [this.#download.version] : [];
  }
}

/**
 * @param {{code: string, entry: string, isOwn: boolean}} app
 * @param {string} digest  of its code
 * @param {boolean} isImported  whether the code came with an export
 * @returns {boolean} whether the site's owner has published it, to be run like this
 */
function isOwners({ code, entry, isOwn }, digest, isImported) {
  const published = new Map(Object.entries(siteSettings().apps)).get(code);
  if (!published || isOwn || entry !== published.entry) return false;
  // What was saved from the site's own address is the owner's as well, though it may be older.
  return !isImported || digest === published.sha256;
}

/** @param {boolean} isLocked */
function refused(isLocked) {
  if (isLocked) {
    return new LiteError("This app was not started: this site accepts no code from links.", {
      hint: "The site’s owner has turned this off. Open the link on another site that runs apps.",
      name: "Locked",
    });
  }
  return new LiteError("This app was not started: you did not allow it.", {
    hint: "To be asked again, delete this workspace on the page “Saved data” and follow the link again.",
    name: "NotAllowed",
  });
}

/** @param {string} name */
function heldBack(name) {
  return new LiteError(`${name} was not started, because its last starts never finished.`, {
    hint: "Its code may never finish loading. Try again to start it once more.",
    name: "AppStuck",
  });
}
