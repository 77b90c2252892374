/**
 * Defines the file in which saved instances travel from one device to another: a zip that is useful
 * without this program, too.
 *
 *     datasette-lite.json   what is in the file: an Export, below
 *     FOLDER/               one for each instance, with its files as they are saved; so
 *     FOLDER/databases/     has plain SQLite files
 *
 * This module only defines the format; export-zip.js writes it, import-zip.js reads it.
 */

import { configure } from "@zip.js/zip.js/lib/zip-core-external.js";

// The browser itself streams what is written and read; the library's own scripts for other threads
// are not part of the site.
configure({ useWebWorkers: false });

/** Version of the layout above. A newer site reads older ones. */
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
