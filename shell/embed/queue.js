/**
 * Starts the embeds of a page one after another: the first downloads Python, and the next ones find it.
 * Two at once would download it twice and take the machine from each other.
 */

/** @type {Promise<unknown>} settled when the last one in line is there */
let last = Promise.resolve();

/**
 * @param {() => Promise<void>} start  settled when it is there or has failed
 * @returns {Promise<void>}
 */
export function inTurn(start) {
  const turn = last.then(start);
  last = turn.catch(() => {});
  return turn;
}
