/**
 * Runs on every page of Datasette (plugins/page_script.py names it): keeps the worker running while the
 * page is open, shows notices about the page's data, leads back and onward, and takes files that people
 * bring.
 */

import { parseAppPath } from "../../shared/paths.js";
import { embeddingOf } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";
import { embeddedFrame } from "../embed/frame.js";
import { setUpFileBringing } from "../import/bring-files.js";
import { keepIntegersExact } from "./exact-integers.js";
import { startKeepAlive } from "../worker/keep-alive.js";
import { completeSemantics } from "./semantics.js";
import { startNotices } from "./notices.js";
import { setUpQueryPage } from "./query-page.js";
import { leadStrayLinksBack } from "./stray-links.js";
import { addThemeSwitch } from "./theme-switch.js";
import { offerUndo } from "./undo-edits.js";
import { addWorkspaceBar } from "./workspace-bar.js";
import { openExportLater } from "../saved/open-export-later.js";
import { keepRegistrations } from "../worker/registrations.js";
import { reloadsHaveHelped } from "../worker/reload-guard.js";

reloadsHaveHelped();
const key = parseAppPath(location.pathname, SITE_ROOT.pathname)?.key ?? "";
startKeepAlive(key);
leadStrayLinksBack(SITE_ROOT, key);
embeddedFrame(key)?.ready();
startNotices();
const embed = embeddingOf(key);
// An export can replace other workspaces, which the page around an embed must not lead anybody to.
const open = embed === undefined ? openExportLater : async () => false;
if (embed !== "read") setUpFileBringing(open);
keepRegistrations();
completeSemantics();
keepIntegersExact();
addThemeSwitch();
if (embed === undefined) addWorkspaceBar(key);
setUpQueryPage(key);
if (embed !== "read") offerUndo(key);
