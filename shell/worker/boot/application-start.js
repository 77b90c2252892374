/**
 * The interface of what the start of one kind of application does in its own way, and the choice between
 * Datasette (datasette-start.js) and an app (app-start.js). attempt.js does everything else.
 */

import { AppStart } from "./app-start.js";
import { DatasetteStart } from "./datasette-start.js";
import { appOf, isForOwnFiles } from "../../shared/recipe.js";

/** @typedef {import("./packages.js").Packages} Packages */
/** @typedef {import("../sources/intake.js").Intake} Intake */
/** @typedef {import("../runtime/runtime.js").Pyodide} Pyodide */
/** @typedef {import("../../shared/errors.js").WireError} WireError */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../../shared/saved-store.js").SavedInstance} SavedInstance */

/**
 * The methods are called in this order.
 *
 * @typedef {object} ApplicationStart
 * @property {boolean} isApp  whether it runs without Datasette
 * @property {boolean} needsWholePython
 * @property {boolean} mayUseSnapshot  whether it may start from a snapshot, and leave one
 * @property {(saved: (folder: string) => Promise<Array<[path: string, bytes: Uint8Array]>>,
 *   isImported: boolean) => Promise<import("./packages.js").Code>} find  `saved` reads saved files, none if
 *   the sources are to be loaded again
 * @property {(packages: Packages) => Promise<void>} check  throws if it cannot start with what is allowed
 * @property {() => Promise<void>} begin  begins to fetch the sources; called if nothing saved is opened
 * @property {() => Promise<never>} untilHopeless  rejected once none of the sources can be fetched; otherwise
 *   never settled
 * @property {(path: string) => boolean} isKept  whether a saved file stays when the sources are loaded again
 * @property {(bootstrap: any, packages: Packages) => Promise<void>} load  imports what it needs; called
 *   unless a snapshot has it
 * @property {(bootstrap: any) => any} make  returns the object of bootstrap.py that answers requests
 * @property {(context: Context) => Promise<{problems: WireError[], notes: Note[]}>} take  takes the
 *   sources; called if nothing saved is opened
 * @property {(context: Context) => Promise<WireError[]>} open  returns what had to be left out
 * @property {import("../../shared/saved-store.js").SavedSource[]} versions  of the sources that were fetched
 */

/** @typedef {import("../../shared/protocol.js").Note} Note */

/**
 * @typedef {object} Context
 * @property {Pyodide} pyodide
 * @property {string} folder  of the instance, in Pyodide's file system
 * @property {any} python  what `make` returned
 * @property {Intake} intake
 * @property {Packages} packages
 * @property {SavedInstance} [found]  the record of what is saved
 * @property {boolean} isFetched  whether the sources were fetched by this start
 */

/**
 * @param {import("../../shared/recipe.js").Recipe} recipe
 * @param {import("./start.js").StartOptions} options
 * @param {(step: import("./boot-progress.js").Step) => void} report
 * @returns {ApplicationStart}
 */
export function applicationStart(recipe, options, report) {
  const app = appOf(recipe);
  if (app) return new AppStart({ ...app, isOwn: isForOwnFiles(recipe) }, options, report);
  return new DatasetteStart(recipe, options, report);
}
