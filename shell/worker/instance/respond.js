/**
 * Answers one request to a running instance.
 *
 * Decides the order: first what needs no Python, which is a static file or the reply that an earlier run of
 * the worker gave; then Python, through the bridge. What a request wrote is saved before its response leaves.
 */

import { answer, toResponse } from "../bridge/bridge.js";

/**
 * What an instance uses to answer.
 *
 * @typedef {object} Means
 * @property {import("../bridge/bridge.js").Handle} handle
 * @property {import("../bridge/static-responses.js").StaticAnswers} staticAnswers
 * @property {Pick<import("./persistence.js").Persistence, "beginRequest">} persistence
 * @property {Pick<import("./crash-guard.js").CrashGuard, "begin" | "answered">} guard
 * @property {(stream: import("../bridge/bridge.js").Streaming) => void} onStream  as answer() takes it
 */

/**
 * @param {Request} request
 * @param {import("./persistence.js").Arrival} arrival
 * @param {Means} means
 * @returns {Promise<Response>}
 * @throws {import("../../shared/errors.js").LiteError} there is no response, or it must not leave
 */
export async function respond(request, arrival, means) {
  const { handle, staticAnswers, persistence, guard, onStream } = means;
  const known = staticAnswers.find(request);
  if (known) return known;
  const writes = await persistence.beginRequest(request, arrival);
  if (writes.reply) {
    guard.answered(request);
    const { status, headers, body } = writes.reply;
    return toResponse(status, headers, body);
  }
  let end = () => {};
  try {
    end = await guard.begin(request);
    return await answer(handle, request, arrival.clientId, {
      onStream,
      settle: async (whole) => {
        await writes.settle(whole);
        if (whole) staticAnswers.keep(request, whole);
      },
    });
  } finally {
    end();
    writes.end();
  }
}
