/**
 * Runs on app/failed.html, the worker's answer where it has none from Datasette: offers what can be done
 * with saved data.
 */

import { parseAppPath } from "../../shared/paths.js";
import { SITE_ROOT } from "../../shared/site.js";
import { embeddedFrame } from "../embed/frame.js";
import { byId } from "../ui/dom.js";
import { showWaysOut } from "./ways-out.js";

const address = parseAppPath(location.pathname, SITE_ROOT.pathname);
embeddedFrame(address?.key ?? "")?.fail({
  name: `HTTP ${document.body.dataset.status}`,
  message: byId("message").textContent,
  hint: byId("hint").textContent,
});
if (address && document.body.dataset.status === "503") {
  const onChange = () => location.reload();
  void showWaysOut(byId("problem"), { key: address.key, siteRoot: SITE_ROOT, onChange });
}
