/**
 * Runs on app/booting.html, the worker's answer to a navigation while the instance is starting.
 */

import { LiteError } from "../../shared/errors.js";
import { waitAndReload } from "./wait-and-reload.js";

void waitAndReload(
  "booting",
  new LiteError("The workspace is ready, but its page does not load.", {
    hint: "Too many tabs may be open at once: close other tabs of this site, then try again.",
  }),
  true,
);
