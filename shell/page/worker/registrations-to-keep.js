/**
 * Decides which of the site's registrations of service workers stay.
 *
 * Each keeps a copy of the worker's script on disk, and browsers read all of them when they start.
 * bench/registrations.py looks for a browser's own limit.
 */

/** Most registrations of workspaces to keep. */
const AT_MOST = 50;

/** Above this many, tidying does not wait until somebody comes to the launcher. */
export const TOO_MANY = 60;

/**
 * @param {object} found
 * @param {string[]} found.settled  keys of workspaces whose worker is installed
 * @param {string[]} found.open  keys of workspaces that run or have a page
 * @param {Map<string, number>} found.usedAt  when each saved workspace was last used, in ms since 1970, by key
 * @returns {{unneeded: string[], following: string[]}} keys of those to unregister, and of those to update to
 *   the site's current version. Nothing that is open is unregistered: only a running worker can hold unsaved
 *   work. For the same reason, open ones that are not saved are not updated
 */
export function registrationsToKeep({ settled, open, usedAt }) {
  const closed = settled.filter((key) => !open.includes(key));
  closed.sort((a, b) => (usedAt.get(b) ?? 0) - (usedAt.get(a) ?? 0));
  const saved = closed.filter((key) => usedAt.has(key));
  const kept = saved.slice(0, Math.max(0, AT_MOST - open.length));
  return {
    unneeded: closed.filter((key) => !kept.includes(key)),
    following: [...open.filter((key) => usedAt.has(key)), ...kept],
  };
}
