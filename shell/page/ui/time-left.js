/**
 * Estimates how long something will still take, from the time that its first part has taken.
 */

/** ms, and share of the work, after which an estimate is useful. */
const LEAST_TIME = 2000;
const LEAST_SHARE = 0.03;

/**
 * @param {number} spent  ms
 * @param {number} share  of the work that is done, from 0 to 1
 * @returns {string} "about 15 s left"; "" while nothing useful can be said
 */
export function timeLeft(spent, share) {
  if (spent < LEAST_TIME || share < LEAST_SHARE) return "";
  const seconds = (spent * (1 - share)) / share / 1000;
  if (seconds < 2) return "nearly done";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  return `about ${Math.round(seconds / 60) || 1} min left`;
}
