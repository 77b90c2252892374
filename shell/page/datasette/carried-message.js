/**
 * A sentence about what was just done, for the page that is loaded next in this tab.
 */

const OUTCOME = "datasette-lite outcome";

/** @param {string} sentence */
export function leaveOutcome(sentence) {
  try {
    sessionStorage.setItem(OUTCOME, sentence);
  } catch {
    // Without storage the page still shows what is there now.
  }
}

/** @returns {string} what was left, once; or "" */
export function takeOutcome() {
  try {
    const sentence = sessionStorage.getItem(OUTCOME) ?? "";
    sessionStorage.removeItem(OUTCOME);
    return sentence;
  } catch {
    return "";
  }
}
