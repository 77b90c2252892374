/** What the start of Datasette needs: the sources, and what their metadata and configuration may do. */

import { fetching, takeAll, untilHopeless } from "./boot-sources.js";
import { fetchSources, wantedBy } from "../sources/downloads.js";
import { HeadTaker } from "../sources/source-head.js";
import { valueOf } from "../runtime/python-result.js";
import { instancePath } from "../../shared/paths.js";
import { embedding, isSwitchedOn, sourcesOf } from "../../shared/recipe.js";
import { DATABASES, INTERNAL_CHECKED } from "../../shared/saved-store.js";
import { SHELL_ROOT } from "../../shared/site.js";

/** @typedef {import("./application-start.js").ApplicationStart} ApplicationStart */
/** @typedef {import("../sources/downloads.js").Download} Download */

/** @implements {ApplicationStart} */
export class DatasetteStart {
  isApp = false;
  needsWholePython = false;
  mayUseSnapshot = true;
  #recipe;
  #options;
  #report;
  /** @type {Download[]} */
  #downloads = [];
  /** @type {Download | undefined} the first CSV file that the link names: the page shows its first rows */
  #firstCsv;

  /**
   * @param {import("../../shared/recipe.js").Recipe} recipe
   * @param {import("./start.js").StartOptions} options
   * @param {(step: import("./boot-progress.js").Step) => void} report
   */
  constructor(recipe, options, report) {
    this.#recipe = recipe;
    this.#options = options;
    this.#report = report;
  }

  /** @type {ApplicationStart["find"]} */
  async find() {
    return { items: [], install: [] };
  }

  /** @type {ApplicationStart["check"]} */
  async check() {}

  /** @type {ApplicationStart["begin"]} */
  async begin() {
    const { siteRoot, signal, reports } = this.#options;
    const head = new HeadTaker();
    /** @type {import("../sources/downloads.js").DownloadProgress} */
    const onProgress = (download, soFar) => {
      const taken = soFar && download === this.#firstCsv && head.take(download, soFar);
      if (taken) reports.showHead(taken);
      // It begins while Python starts, but is shown only when its turn comes.
      if (reports.stage === "fetch") this.#report(fetching(download));
    };
    this.#downloads = fetchSources(await wantedBy(this.#recipe), siteRoot, onProgress, signal);
    if (sourcesOf(this.#recipe).length === 0) return;
    this.#firstCsv = this.#downloads.find(({ version }) => version.parameter === "csv");
  }

  /** @type {ApplicationStart["untilHopeless"]} */
  untilHopeless() {
    return untilHopeless(this.#downloads);
  }

  /**
   * Stored queries, cookies and the secret stay.
   *
   * @type {ApplicationStart["isKept"]}
   */
  isKept(path) {
    return !path.startsWith(DATABASES) && path !== "state.json";
  }

  /** @type {ApplicationStart["load"]} */
  async load(bootstrap, packages) {
    await packages.orLess(() => bootstrap.load());
  }

  /** @type {ApplicationStart["make"]} */
  make(bootstrap) {
    const { siteRoot, key } = this.#options;
    const base = siteRoot.pathname + instancePath(key);
    return bootstrap.BrowserInstance(base, SHELL_ROOT.pathname, embedding(this.#recipe) === "read");
  }

  /** @type {ApplicationStart["take"]} */
  async take({ python, intake, packages, found }) {
    const settled = () => packages.trustedConfiguration(python, true);
    const { siteRoot, guard } = this.#options;
    const report = this.#report;
    return takeAll(this.#downloads, { intake, siteRoot, guard, report, settled, replaced: found });
  }

  /** @type {ApplicationStart["open"]} */
  async open({ python, packages, found, isFetched }) {
    this.#report({ stage: "open", label: "" });
    const isUnchecked = found && !this.#options.carried && found.format < INTERNAL_CHECKED;
    if (isUnchecked) python.distrust_internal();
    const trusted = packages.trustedConfiguration(python, isFetched);
    const memory = isSwitchedOn(this.#recipe, "memory");
    const open = async () => valueOf(await python.open(memory, trusted));
    // Packages count unfinished starts themselves, to leave packages out.
    const { guard } = this.#options;
    const guarded = () => (packages.any ? open() : guard.during("Opening this data", open));
    return packages.orLess(guarded);
  }

  get versions() {
    return this.#downloads.map(({ version }) => version);
  }
}
