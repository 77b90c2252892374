/**
 * Asks the workspace for JSON, which it may be unable to give: it may have stopped, or have been deleted.
 */

/**
 * @param {string} address
 * @param {object} [posted]  sent as JSON by POST; without it, this is a GET
 * @returns {Promise<any>} the answer; {error: string}, a sentence for a person, if there is no such answer
 */
export async function askForJson(address, posted) {
  const headers = { "content-type": "application/json" };
  const options = posted && { method: "POST", headers, body: JSON.stringify(posted) };
  try {
    const answer = await fetch(address, options);
    if (answer.headers.get("content-type")?.startsWith("application/json")) {
      return await answer.json();
    }
    return { error: "The workspace could not do this. Load the page again to see its state." };
  } catch {
    return { error: "The workspace does not answer. Load the page again to see its state." };
  }
}
