/**
 * Finds out whether the page around an embed is currently light or dark.
 *
 * Documentation tools mark this in different ways (data-theme, data-md-color-scheme, a class). But dark
 * pages always have light text, so the colour of the text decides.
 */

/** @typedef {import("../shared/embed-messages.js").Theme} Theme */

/**
 * @param {Element} element
 * @returns {Theme} of the page at the element
 */
export function themeAround(element) {
  return isLightColor(getComputedStyle(element).color) ? "dark" : "light";
}

/**
 * @param {string} color  in the format of getComputedStyle()
 * @returns {boolean} whether it is nearer to white than to black
 */
export function isLightColor(color) {
  const [first = 0, ...others] = (color.match(/[\d.]+%?/g) ?? []).map(number);
  if (/^(?:ok)?(?:lab|lch)/.test(color)) return first > (color.startsWith("ok") ? 0.5 : 50);
  const [green = 0, blue = 0] = others;
  const whole = color.startsWith("color(") ? 1 : 255;
  return (0.2126 * first + 0.7152 * green + 0.0722 * blue) / whole > 0.5;
}

/** @param {string} text */
function number(text) {
  return text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
}

/**
 * @param {() => void} onChange  called when the page may have become light or dark
 * @returns {() => void} stops watching
 */
export function watchTheme(onChange) {
  const observer = new MutationObserver(onChange);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", onChange);
  // If colours fade, the final ones are only known at the end.
  document.addEventListener("transitionend", onChange);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", onChange);
    document.removeEventListener("transitionend", onChange);
  };
}
