/**
 * Lists the parameters of a launcher link by kind. The options of a source are in link-options.js;
 * recipe.js decides what the parameters mean.
 */

/** Parameters that name a source, in the order in which they are opened. */
// prettier-ignore
export const SOURCE_PARAMETERS = /** @type {const} */ (["url", "sql", "csv", "json", "parquet", "excel"]);

/** Parameters that name a file about the data, in canonical order. */
export const SETTINGS = /** @type {const} */ (["metadata", "config"]);

/** Parameters of an app that runs instead of Datasette: its code, and the application in it. */
export const APP_PARAMETERS = /** @type {const} */ (["app", "entry"]);

/** Parameters that are switched on by any value but 0, in canonical order. */
export const SWITCHES = ["memory", "temporary", "private"];
