/**
 * When what can wait may be done: while nobody waits for a page or its files, which take the same thread.
 */

/** ms without a request after which a page is taken to have all its files. */
const QUIET = 300;

/** ms for which somebody may go on asking before it is said that it is not quiet. */
const PATIENCE = 3000;

/**
 * @param {() => number} idleFor  returns the ms for which nobody has asked for anything; 0 while
 *   something is being answered
 * @returns {Promise<boolean>} settled in a later turn, so that requests come first; false: it did not
 *   become quiet
 */
export async function quiet(idleFor) {
  const end = performance.now() + PATIENCE;
  do {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, QUIET - idleFor())));
    if (idleFor() >= QUIET) return true;
  } while (performance.now() < end);
  return false;
}
