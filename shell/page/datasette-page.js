/**
 * What every page of Datasette runs (plugins/page_script.py names it): it keeps the worker running
 * while the page is open, tells what concerns the page's data, and takes files that people bring.
 */

import { setUpFileBringing } from "./bring-files.js";
import { startKeepAlive } from "./keep-alive.js";
import { startNotices } from "./notices.js";
import { reloadsHaveHelped } from "./reload-guard.js";

reloadsHaveHelped();
startKeepAlive();
startNotices();
setUpFileBringing();
