/**
 * Waits with deferrable work until no page or file is requested, since those use the same thread.
 */

/** ms without a request after which a page is assumed to have all its files. */
const QUIET = 300;

/** ms of continued requests after which the wait is given up. */
const PATIENCE = 3000;

/**
 * @param {() => number} idleFor  returns the ms since the last request; 0 while something is being
 *   answered
 * @returns {Promise<boolean>} settled in a later turn, so that requests come first; false if it did
 *   not become quiet
 */
export async function quiet(idleFor) {
  const end = performance.now() + PATIENCE;
  do {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, QUIET - idleFor())));
    if (idleFor() >= QUIET) return true;
  } while (performance.now() < end);
  return false;
}
