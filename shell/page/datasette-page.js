/**
 * What every page of Datasette runs (plugins/page_script.py names it): it keeps the worker running
 * while the page is open, and tells what concerns the page's data.
 */

import { startKeepAlive } from "./keep-alive.js";
import { startNotices } from "./notices.js";

startKeepAlive();
startNotices();
