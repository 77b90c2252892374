/**
 * Answers one request to a running instance, from earlier answers or through its Python.
 *
 * Decides the order: first what needs no Python, then repeated requests that already have an answer. It
 * also makes sure that what a request wrote is saved before its answer leaves. bridge.js crosses to
 * Python.
 */

import { answer } from "../bridge/bridge.js";
import { replyTo } from "../bridge/saved-replies.js";

/**
 * @typedef {object} Arrival
 * @property {string} clientId
 * @property {number} arrivedAt  in ms since 1970
 * @property {Promise<void>} [handled]  settled when the browser has the answer, or never will
 */

/**
 * What an instance uses to answer.
 *
 * @typedef {object} Means
 * @property {import("../bridge/bridge.js").Handle} handle
 * @property {import("../bridge/static-responses.js").StaticAnswers} staticAnswers
 * @property {import("../storage/saver.js").Saver | undefined} saver  undefined when nothing is saved
 * @property {import("../bridge/saved-replies.js").Replies | undefined} replies
 * @property {(saved: ReturnType<import("../storage/saver.js").Saver["save"]>) => Promise<void>} onSave  called
 *   with the save that must be over before the answer leaves; rejects if the answer must not leave
 * @property {(stream: import("../bridge/bridge.js").Streaming) => void} onStream  as answer() takes it
 */

/**
 * @param {Request} request
 * @param {Arrival} arrival
 * @param {import("../bridge/bridge.js").ErrorPage} errorPage
 * @param {Means} means
 * @returns {Promise<Response>}
 */
export async function respond(request, { clientId, arrivedAt, handled }, errorPage, means) {
  const { handle, staticAnswers, saver, replies, onSave, onStream } = means;
  const known = staticAnswers.find(request);
  if (known) return known;
  /** @type {import("../bridge/bridge.js").Settle} */
  const keep = async (whole) => void (whole && staticAnswers.keep(request, whole));
  if (!saver) return answer(handle, request, clientId, { errorPage, onStream, settle: keep });
  const fingerprint = (await replies?.fingerprint(request)) ?? "";
  const earlier = fingerprint && replies?.find(fingerprint, arrivedAt);
  /** @param {string} id */
  const forget = (id) => void handled?.then(() => saver.delivered(id)).catch(() => {});
  if (earlier) {
    forget(earlier.id);
    return earlier.response;
  }
  const inProgress = await saver.beginRequest({
    mayComeAgain: fingerprint !== "",
    onlyReads: ["GET", "HEAD"].includes(request.method),
  });
  /** @type {import("../bridge/bridge.js").Settle} */
  const settle = async (whole) => {
    const reply = fingerprint && whole ? replyTo(fingerprint, whole) : undefined;
    await onSave(inProgress.settle(reply));
    if (reply) forget(inProgress.id);
    await keep(whole);
  };
  try {
    return await answer(handle, request, clientId, { errorPage, onStream, settle });
  } finally {
    inProgress.end();
  }
}
