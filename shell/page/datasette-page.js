/**
 * What every page of Datasette runs (plugins/page_script.py names it): it keeps the worker running
 * while the page is open, tells what concerns the page's data, and takes files that people bring.
 */

import { parseAppPath } from "../shared/paths.js";
import { SITE_ROOT } from "../shared/site.js";
import { setUpFileBringing } from "./bring-files.js";
import { keepIntegersExact } from "./exact-integers.js";
import { startKeepAlive } from "./keep-alive.js";
import { startNotices } from "./notices.js";
import { keepRegistrations } from "./registrations.js";
import { reloadsHaveHelped } from "./reload-guard.js";

reloadsHaveHelped();
startKeepAlive(parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "");
startNotices();
setUpFileBringing();
keepRegistrations();
keepIntegersExact();
