/**
 * The file that saved instances travel in from one device to another: a zip that is of use without
 * this program, too.
 *
 *     datasette-lite.json   what is in the file: an Export, below
 *     FOLDER/               one for each instance, with its files as they are saved; so
 *     FOLDER/databases/     has plain SQLite files
 *
 * Only the form is defined here; export-zip.js writes it, import-zip.js reads it.
 */

import { configure } from "@zip.js/zip.js/lib/zip-core-external.js";

// What is written and read is streamed by the browser itself; scripts of the library's own for other
// threads are not part of the site.
configure({ useWebWorkers: false });

/** Of the layout above. A newer site reads older ones. */
export const EXPORT_FORMAT = 1;

export const CONTENTS = "datasette-lite.json";

/**
 * @typedef {object} ExportedInstance
 * @property {string} folder
 * @property {Record<string, unknown>} instance  its record, as shared/saved-record.js describes it
 * @property {Array<{path: string, size: number}>} files  paths relative to the folder
 */

/**
 * @typedef {object} Export
 * @property {number} format
 * @property {string} exportedAt  ISO 8601
 * @property {ExportedInstance[]} instances
 */
