/**
 * A button that only takes a click made on purpose: not the second half of a double click, and not one
 * on a page that came up under the pointer the moment before.
 */

/** ms for which the page must have been in view, and have had the focus, without a break. */
const LONG_ENOUGH = 1000;

/**
 * Enable a button once the person has had time to see it, and disable it again while they look elsewhere.
 *
 * @param {HTMLButtonElement} button  disabled
 */
export function takeDeliberateClicks(button) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    clearTimeout(timer);
    button.disabled = true;
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    timer = setTimeout(() => (button.disabled = false), LONG_ENOUGH);
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
  look();
}
