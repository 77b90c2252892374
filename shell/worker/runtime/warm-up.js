/**
 * Renders pages for nobody in a Python that started from a snapshot, while nobody waits for it, so that
 * the browser keeps more compiled code for the next start (docs/fast-boot.md says why).
 *
 * Nothing depends on it. A few starts do it, and then no more, since compiled code is kept.
 */

/** ms for which it is waited that nobody needs Python; there will be another start. */
const PATIENCE = 60_000;

/** @returns {boolean} whether the browser is one that keeps more of it: Chromium, which alone has this */
export const helps = () => "userAgentData" in navigator;

/**
 * @param {object} options
 * @param {() => Promise<boolean>} options.makePage  false: it was the last one
 * @param {() => boolean} options.isWanted  whether the instance still runs
 * @param {() => Promise<boolean>} options.quiet  see quiet.js
 * @returns {Promise<boolean>} whether all pages were made
 */
export async function exercise({ makePage, isWanted, quiet }) {
  const end = performance.now() + PATIENCE;
  while (isWanted() && performance.now() < end) {
    if ((await quiet()) && isWanted() && !(await makePage())) return true;
  }
  return false;
}
