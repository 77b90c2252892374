/**
 * Keeps a page that repairs itself by reloading from doing so forever.
 *
 * Counts in sessionStorage, which outlives a reload and ends with the tab. Each address has its own count.
 */

const PREFIX = "datasette-lite reload ";
const MOST_RELOADS = 2;
const WITHIN_MILLISECONDS = 30_000;

/**
 * Whether this address may be reloaded once more. Each call counts as one reload.
 *
 * @param {string} reason  keeps the counts of different causes apart
 * @returns {boolean}
 */
export function mayReload(reason) {
  const name = `${PREFIX}${reason} ${location.pathname}`;
  const now = Date.now();
  try {
    /** @type {number[]} */
    const earlier = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    const recent = earlier.filter((time) => now - time < WITHIN_MILLISECONDS);
    if (recent.length >= MOST_RELOADS) return false;
    sessionStorage.setItem(name, JSON.stringify([...recent, now]));
    return true;
  } catch {
    // Without storage nothing remembers the count: allow one reload, which the browser itself remembers.
    const [navigation] = performance.getEntriesByType("navigation");
    return /** @type {PerformanceNavigationTiming} */ (navigation)?.type !== "reload";
  }
}

/**
 * Forget the reloads counted so far, because the person asks for another try.
 *
 * @param {string} reason
 */
export function forgetReloads(reason) {
  try {
    sessionStorage.removeItem(`${PREFIX}${reason} ${location.pathname}`);
  } catch {
    // Nothing was stored, so nothing has to be forgotten.
  }
}

/** Forget them all: the reloads have led to this page. */
export function reloadsHaveHelped() {
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
    }
  } catch {
    // As above.
  }
}
