/**
 * Opens an exported file with a module that is loaded only then: every page of Datasette runs this.
 */

/**
 * @param {File} file
 * @returns {Promise<boolean>} false if it is not an export
 */
export async function openExportLater(file) {
  try {
    const { openExport } = await import("./open-export.js");
    return await openExport(file);
  } catch {
    return false; // the import dialog, which loads in the same way, reports what cannot be loaded
  }
}
