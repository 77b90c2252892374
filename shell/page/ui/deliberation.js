/**
 * Makes buttons that cannot be pressed by accident, or by a page that puts them under somebody's pointer:
 * they work once the page has been visible and had the focus for a moment.
 */

import { element } from "./dom.js";

/** ms */
const MOMENT = 1000;

/**
 * Disable a button for its moment. Call this before other listeners are added to it.
 *
 * It stays focusable meanwhile. Assistive technology announces that it cannot be pressed yet, and when
 * it can.
 *
 * @param {HTMLButtonElement} button
 * @param {{isAnnounced?: boolean}} [options]  isAnnounced: false for one of many on a page
 */
export function afterDeliberation(button, { isAnnounced = true } = {}) {
  const said = element("span", { role: "status" });
  // Inline styles, since this is used on pages with different stylesheets.
  Object.assign(said.style, { position: "absolute", clipPath: "inset(50%)", width: "1px" });
  const over = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const enable = () => {
    button.removeAttribute("aria-disabled");
    if (!button.isConnected || !isAnnounced) return;
    button.after(said);
    said.textContent = `You can choose “${button.textContent}” now.`;
  };
  const look = () => {
    clearTimeout(timer);
    button.setAttribute("aria-disabled", "true");
    said.textContent = "";
    if (document.visibilityState === "visible" && document.hasFocus()) {
      timer = setTimeout(enable, MOMENT);
    }
  };
  const changed = () => (button.isConnected ? look() : over.abort());
  document.addEventListener("visibilitychange", changed, { signal: over.signal });
  for (const type of ["focus", "blur"]) {
    addEventListener(type, changed, { signal: over.signal });
  }
  button.addEventListener(
    "click",
    (event) => {
      if (button.getAttribute("aria-disabled") !== "true") return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
  look();
}
