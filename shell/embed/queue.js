/**
 * Starts the embeds of a page one after another: the first downloads Python, and the next ones reuse it.
 * Two at once would download it twice and slow each other down.
 */

/** @type {Promise<unknown>} settled when the last one in the queue is ready */
let last = Promise.resolve();

/**
 * @param {() => Promise<void>} start  settled when it is ready or has failed
 * @returns {Promise<void>}
 */
export function inTurn(start) {
  const turn = last.then(start);
  last = turn.catch(() => {});
  return turn;
}
