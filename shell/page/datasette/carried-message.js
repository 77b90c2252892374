/**
 * Passes a sentence about what was just done to the page that loads next in this tab.
 */

const OUTCOME = "datasette-lite outcome";

/** @param {string} sentence */
export function leaveOutcome(sentence) {
  try {
    sessionStorage.setItem(OUTCOME, sentence);
  } catch {
    // Without storage the page still shows the current state.
  }
}

/** @returns {string} the message that was left, once; or "" */
export function takeOutcome() {
  try {
    const sentence = sessionStorage.getItem(OUTCOME) ?? "";
    sessionStorage.removeItem(OUTCOME);
    return sentence;
  } catch {
    return "";
  }
}
