/**
 * Has a Python that started from an image make pages that nobody reads, when nobody waits for it, so
 * that the browser keeps more compiled code for the next start (engine/exercise.py says why).
 *
 * Nothing depends on it. It happens for a few starts and not again: what is compiled is kept.
 */

/** ms without a request after which a person is taken to read. */
const QUIET = 500;

/** ms for which it is waited that nobody needs Python; there will be another start. */
const PATIENCE = 60_000;

/** Whether the browser is one that keeps more of it: Chromium, which alone has this. */
export const helps = () => "userAgentData" in navigator;

/**
 * @param {object} options
 * @param {() => Promise<boolean>} options.makePage  false: it was the last one
 * @param {() => boolean} options.isWanted  whether the instance still runs
 * @param {() => number} options.lastUsed  when it was last used, in ms as performance.now() counts
 * @returns {Promise<boolean>} whether all pages were made
 */
export async function exercise({ makePage, isWanted, lastUsed }) {
  const end = performance.now() + PATIENCE;
  while (isWanted() && performance.now() < end) {
    const wait = lastUsed() + QUIET - performance.now();
    // Each page in a turn of its own, so that a request comes before the next one.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    if (wait > 0) continue;
    if (!(await makePage())) return true;
  }
  return false;
}
