/** The parts of the home page that a link to data does not need. Loaded once the page is there. */

export { setUpFileBringing } from "../import/bring-files.js";
export { openLaunchedFiles } from "./launched-files.js";
export { openExportLater } from "../saved/open-export-later.js";
export { showRecentWorkspaces } from "../saved/recent-workspaces.js";
