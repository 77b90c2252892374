/**
 * Starts an instance, from a recipe or from what is saved, until its Datasette answers.
 *
 * Puts the steps in order, and tries again without an image of Python's memory, or with fewer packages
 * where those keep Datasette from starting. runtime.js starts Python, Python reads the sources, and
 * instance.js takes over once the instance runs.
 */

import { fetching, takeAll } from "./boot-sources.js";
import { Breakdown } from "../runtime/crash-monitor.js";
import { fetchSources, wantedBy } from "../sources/downloads.js";
import { helps } from "../runtime/warm-up.js";
import { StartImage } from "../runtime/snapshot/start-snapshot.js";
import { Intake } from "../sources/intake.js";
import { valueOf } from "../runtime/python-result.js";
import { Packages, PackagesFailed } from "./packages.js";
import { isForWantOfRest, offerRest, startPython } from "../runtime/runtime.js";
import { siteSettings } from "../site-cache/site-settings.js";
import { own } from "../storage/ownership.js";
import { newRecord } from "../storage/store-changes.js";
import { ConsentNeeded } from "../trust/consent.js";
import { LOCK } from "../trust/lock.js";
import { UNWATCHED, WatchedFiles } from "../storage/block-file-system.js";
import { instancePath } from "../../shared/paths.js";
import { LiteError } from "../../shared/errors.js";
import { embedding, isForOwnFiles, isSwitchedOn, keyToRecipe } from "../../shared/recipe.js";
import { readableRecord } from "../../shared/saved-record.js";
import {
  DATABASES,
  INTERNAL_CHECKED,
  readFiles,
  readInstance,
  SET_ASIDE,
} from "../../shared/saved-store.js";
import { SHELL_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/saved-store.js").Store} Store */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("./packages.js").Failure} Failure */

/**
 * @typedef {object} Carried  unsaved work of the instance before this one
 * @property {Map<string, Uint8Array>} files
 * @property {WireError[]} problems
 */

/**
 * @typedef {object} StartOptions
 * @property {string} key
 * @property {URL} siteRoot
 * @property {() => Promise<Store | undefined>} openStore  undefined where nothing can be saved
 * @property {import("../trust/decisions.js").Decisions} decisions
 * @property {Carried} [carried]
 * @property {boolean} fromSources  load the sources and replace what is saved
 * @property {AbortSignal} signal  ends the start
 * @property {boolean} isNew  whether an instance for the person's own files may start without them
 * @property {() => void} onWrite  called when a file of the instance was written to
 * @property {import("./boot-progress.js").BootProgress} reports
 * @property {boolean} [whole]  with all of Python, even if a part has to be downloaded first
 */

/**
 * @typedef {object} Started
 * @property {WatchedFiles} files
 * @property {any} python  BrowserInstance of bootstrap.py, as a PyProxy
 * @property {Intake} intake
 * @property {Packages} packages
 * @property {Breakdown} breakdown  of this Python
 * @property {WireError[]} problems  of the sources that could not be opened
 * @property {import("../../shared/protocol.js").Note[]} notes  on sources that this start opened
 * @property {() => void} [exercised]  call this once it has exercised (warm-up.js); undefined where it
 *   must not
 * @property {{store: Store, record: SavedInstance, isSaved: boolean}} [saving]  where it will be saved,
 *   and whether it is already; undefined when nothing is saved
 * @property {() => void} disown  call this when it will not be saved any more
 */

/** The folder in Pyodide's file system that is saved; engine/folder.py knows what is in it. */
const FOLDER = "/instance";

/**
 * @typedef {object} Attempt
 * @property {Failure[]} failures  of the attempts so far
 * @property {boolean} mayUseImage
 * @property {Breakdown} breakdown
 * @property {Promise<StartImage>} [image]  its use of images, once it looks for one
 * @property {() => void} disown  stops showing others that the instance is open
 */

/**
 * @param {StartOptions} options
 * @param {Failure[]} [failures]  of the attempts so far
 * @param {boolean} [mayUseImage]
 * @returns {Promise<Started>}
 * @throws {import("../../shared/errors.js").LiteError} or whatever else stopped the start
 */
export async function start(options, failures = [], mayUseImage = true) {
  /** @type {Attempt} */
  const state = { failures, mayUseImage, breakdown: new Breakdown(), disown: () => {} };
  try {
    const { signal } = options;
    return await state.breakdown.unless(Promise.race([attempt(options, state), aborted(signal)]));
  } catch (error) {
    state.disown();
    const image = await state.image;
    if (options.signal.aborted) {
      image?.confirm();
      throw error;
    }
    if (isForWantOfRest(error) && !options.whole) {
      image?.lacksRest();
      return start({ ...options, whole: true }, failures, mayUseImage);
    }
    if (image?.isUsed && !(error instanceof ConsentNeeded)) {
      try {
        const started = await start(options, failures, false);
        // Only now is it clear that the image was to blame.
        image.fail(error);
        return started;
      } catch (again) {
        image.confirm();
        throw again;
      }
    }
    image?.confirm();
    if (!(error instanceof PackagesFailed)) throw error;
    return start(options, [...failures, error.failure], mayUseImage);
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>} rejected when it is aborted
 */
function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/**
 * @param {StartOptions} options
 * @param {Attempt} state
 * @returns {Promise<Started>}
 */
async function attempt(options, state) {
  const { key, siteRoot, carried, reports } = options;
  const { breakdown } = state;
  /** @param {import("./boot-progress.js").Step} step */
  const report = (step) => reports.report(step);
  const recipe = key === "" ? [] : keyToRecipe(key);
  const { store, owner, found, packages, whole, image, mayExercise } = await find(
    options,
    state,
    recipe,
  );
  if (isForOwnFiles(recipe) && !(options.isNew || carried || found)) throw notInThisBrowser();
  const starting = startPython(report, { whole, image: image.image });
  const saved = options.fromSources ? undefined : (carried ?? found);
  reports.hasSaved = options.fromSources && found !== undefined;
  const sources = saved ? [] : await wantedBy(recipe);
  // Both run while Python starts, but their progress is shown only when their turn comes.
  const downloads = fetchSources(
    sources,
    siteRoot,
    (download) => {
      if (reports.stage === "fetch") report(fetching(download));
    },
    options.signal,
  );
  const contents = carried
    ? Promise.resolve(copied(carried.files)) // a start with fewer packages begins with the same files
    : found && readSaved(/** @type {Store} */ (store), found, reports, saved !== undefined);
  contents?.catch(() => {});
  const pyodide = await starting;
  breakdown.watch(pyodide);
  const files = new WatchedFiles(pyodide.FS, FOLDER, options.onWrite);
  if (contents) {
    report({ stage: "restore", label: "" });
    const all = await contents;
    files.fill(saved ? all : beyondSources(all));
  }
  const bootstrap = pyodide.pyimport("bootstrap");
  if (image.isUsed) valueOf(await bootstrap.resume());
  await packages.prepare(bootstrap, FOLDER, report);
  report({ stage: "datasette", label: "" });
  if (image.isUsed) valueOf(bootstrap.check_packages());
  else {
    await packages.orLess(() => bootstrap.load());
    image.leave(pyodide, bootstrap, options.whole === true);
  }
  offerRest(pyodide);
  const base = siteRoot.pathname + instancePath(key);
  const isReadOnly = embedding(recipe) === "read";
  const python = bootstrap.BrowserInstance(base, SHELL_ROOT.pathname, isReadOnly);
  bootstrap.destroy();
  const intake = new Intake(pyodide.FS, python, `${FOLDER}/${UNWATCHED}`, (work) =>
    breakdown.unless(work),
  );
  /** @type {Awaited<ReturnType<typeof takeAll>>} */
  let { problems, notes } = { problems: saved?.problems ?? [], notes: [] };
  if (!saved) {
    const settled = () => packages.trustedConfiguration(python, !saved);
    const options = { intake, siteRoot, report, settled, replaced: found };
    ({ problems, notes } = await takeAll(downloads, options));
  }
  options.signal.throwIfAborted();
  report({ stage: "open", label: "" });
  if (found && !carried && found.format < INTERNAL_CHECKED) python.distrust_internal();
  const trusted = packages.trustedConfiguration(python, !saved);
  const memory = isSwitchedOn(recipe, "memory");
  const leftOut = await packages.orLess(async () => valueOf(await python.open(memory, trusted)));
  packages.problems.push(...leftOut);
  await packages.isStarted();
  image.confirm();
  // For tools that measure starts.
  performance.mark("started", { detail: { image: image.isUsed } });
  const exercised = mayExercise ? () => image.exercised() : undefined;
  const { disown } = state;
  const opened = { files, python, intake, packages, breakdown };
  const started = { ...opened, problems, notes, exercised, disown };
  if (!store) return started;
  const versions = downloads.map(({ version }) => version);
  const isSaved = saved !== undefined && saved === found;
  const refetchable = !carried && (found === undefined || found.refetchable === true);
  const more = { generation: found?.generation, problems, refetchable };
  const record = isSaved ? found : newRecord(key, versions, owner, more);
  return { ...started, saving: { store, record, isSaved } };
}

/**
 * Find what a start needs first: what is saved, its packages, and an image that fits.
 *
 * @param {StartOptions} options
 * @param {Attempt} state
 * @param {import("../../shared/recipe.js").Recipe} recipe
 */
async function find(options, state, recipe) {
  const { key, carried, decisions } = options;
  const reading = siteSettings();
  reading.catch(() => {}); // awaited below
  const store = isSwitchedOn(recipe, "temporary") ? undefined : await options.openStore();
  const { owner = "", found: claimed, disown } = store ? await own(store, key) : {};
  if (disown) state.disown = disown;
  // The data opens even where an older version of the site let a damaged record in.
  const found = claimed && readableRecord(claimed).record;
  const lock = carried?.files.get(LOCK) ?? (found && (await fileOf(store, key, LOCK)));
  const settings = await reading;
  const packages = new Packages({
    recipe,
    lock: lock && new TextDecoder().decode(lock),
    isImported: found?.origin === "import",
    settings,
    decision: await decisions.of(key),
    failures: state.failures,
    note: (unfinished) => decisions.note(key, unfinished),
    allow: (ids) => decisions.add(key, ids, true),
  });
  const images = settings.images ? store : undefined;
  state.image = StartImage.find(images, packages.identity, state.mayUseImage);
  const image = await state.image;
  // What packages of the person's own import is unknown.
  const whole = options.whole || packages.any || image.needsRest;
  const mayExercise = helps() && image.isToExercise && settings.exercises && !packages.any;
  return { store, owner, found, packages, whole, image, mayExercise };
}

function notInThisBrowser() {
  return new LiteError("The files of this workspace are not in this browser.", {
    hint:
      "They came from somebody’s computer and exist only in the browser that opened them; this address " +
      "does not contain them. To move them here, export the workspace there on the page “Saved data” and " +
      "import that file here. If this is that browser, they were deleted or could not be saved.",
  });
}

/**
 * @param {Store} store
 * @param {SavedInstance} saved
 * @param {import("./boot-progress.js").BootProgress} reports
 * @param {boolean} isOpened  whether the files are opened as they are; else they go into a new generation
 * @returns {Promise<Map<string, Uint8Array>>} its files
 */
function readSaved(store, saved, reports, isOpened) {
  const onProgress = (/** @type {number} */ done) => {
    const step = { done, total: saved.size, unit: /** @type {const} */ ("bytes") };
    if (reports.stage === "restore") reports.report({ stage: "restore", label: "", ...step });
  };
  const isWanted = (/** @type {string} */ path) => !isOpened || !path.startsWith(SET_ASIDE);
  return readFiles(store, saved.generation, onProgress, isWanted);
}

/**
 * @param {Store | undefined} store
 * @param {string} key
 * @param {string} path
 * @returns {Promise<Uint8Array | undefined>} one file of a saved instance
 */
async function fileOf(store, key, path) {
  if (!store) return undefined;
  const { files } = await readInstance(store, key, (other) => other === path);
  return files[0] && new Uint8Array(await files[0].content.arrayBuffer());
}

/**
 * @param {Map<string, Uint8Array>} files
 * @returns {Map<string, Uint8Array>}
 */
function copied(files) {
  return new Map(Array.from(files, ([path, bytes]) => [path, bytes.slice()]));
}

/**
 * Select what stays when the sources are loaded again: stored queries, cookies, the secret.
 *
 * @param {Map<string, Uint8Array>} files  of an instance's folder
 * @returns {Map<string, Uint8Array>}
 */
function beyondSources(files) {
  return new Map(
    [...files].filter(([path]) => !path.startsWith(DATABASES) && path !== "state.json"),
  );
}
