/**
 * Runs on app/index.html (also 404.html), the static host's answer for an address under app/ when no
 * service worker controls the page: a first visit, a reload with shift held down, a worker that the
 * browser has removed. Once the worker is active, loading the address again reaches it.
 */

import { LiteError } from "../../shared/errors.js";
import "../ui/appearance.js";
import { waitAndReload } from "./wait-and-reload.js";

void waitAndReload(
  "recover",
  new LiteError("The service worker is running, but this page keeps coming from the web server.", {
    hint:
      "Something keeps the browser from using it here. In developer tools, turn off “Bypass for network”; " +
      "in a private window, try a normal one.",
  }),
  false,
);
