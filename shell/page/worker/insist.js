/**
 * Leaves a page for one of Datasette's, and repeats the attempt until it works.
 */

/** How long a page may take to answer before it is requested again, each time a little longer. */
const NAVIGATION_PATIENCE = [15_000, 45_000, 120_000];

/**
 * Chromium can leave a navigation hanging for minutes when it stops the worker in the middle of one;
 * a second navigation of the same tab gets through at once.
 *
 * @param {() => void} leave
 */
export function insist(leave) {
  for (const patience of NAVIGATION_PATIENCE) setTimeout(leave, patience);
}
