/**
 * What pages ask of the worker by message, and what it tells them unasked.
 *
 * The messages are shared/protocol.js's; what is done about them is instances.js's business.
 */

import { toWire } from "../shared/errors.js";
import {
  changedMessage,
  deletedMessage,
  failedMessage,
  progressMessage,
  readyMessage,
} from "../shared/protocol.js";

/** @typedef {import("../shared/protocol.js").PageMessage} PageMessage */
/** @typedef {import("../shared/protocol.js").Question} Question */
/** @typedef {import("../shared/protocol.js").News} News */
/** @typedef {import("../shared/protocol.js").Answer} Answer */
/** @typedef {import("../shared/protocol.js").CancelMessage} CancelMessage */
/** @typedef {import("./instances.js").Instances} Instances */

/** ms between two signs of life while an answer takes its time, such as that to a large import. */
const SIGN_OF_LIFE = 5000;

/** ms between two reports of how far an import is. */
const REPORT_EVERY = 200;

/**
 * @param {ExtendableMessageEvent} event
 * @param {Instances} instances
 * @param {Clients} clients
 * @returns {Promise<void>} settled when nothing more comes of it
 */
export async function answerMessage(event, instances, clients) {
  /** @type {PageMessage} */
  const message = event.data;
  const [port] = event.ports;
  const by = event.source && "id" in event.source ? event.source.id : "";
  if (message?.type === "open" && event.source) await open(message, event.source, instances);
  // A ping needs no answer: that it arrived is what keeps the worker running. Nor has a prefetch, which
  // is sw.js's to heed.
  else if (
    port &&
    message.type !== "ping" &&
    message.type !== "prefetch" &&
    message.type !== "open"
  ) {
    /** @param {Answer} answer */
    const say = (answer) => port.postMessage(answer);
    const signsOfLife = setInterval(say, SIGN_OF_LIFE, { working: true });
    try {
      say({ value: await answerTo(message, instances, clients, port, by) });
    } catch (error) {
      say({ error: toWire(error) });
    } finally {
      clearInterval(signsOfLife);
    }
  }
}

/**
 * Tell the pages of the site, whether this worker controls them yet or not.
 *
 * @param {Clients} clients
 * @param {News} news
 * @param {string} [by]  id of the client whose doing it is, which knows
 */
async function tell(clients, news, by = "") {
  for (const page of await clients.matchAll({ includeUncontrolled: true, type: "window" })) {
    if (page.id !== by) page.postMessage(news);
  }
}

/**
 * @param {Clients} clients
 * @param {string} key  of the instance whose databases were written to
 * @param {string} by   id of the client that asked for it
 */
export function tellOfChange(clients, key, by) {
  return tell(clients, changedMessage(key), by);
}

/**
 * @param {Question} question
 * @param {Instances} instances
 * @param {Clients} clients
 * @param {MessagePort} port  on which the answer will be sent
 * @param {string} by  id of the client that asks
 * @returns {Promise<unknown>}
 */
async function answerTo(question, instances, clients, port, by) {
  switch (question.type) {
    case "status":
      return instances.status(question.key);
    case "check":
      return instances.check(question.key);
    case "forget":
      await instances.forget(question.keys);
      return tell(clients, deletedMessage(question.keys));
    case "restore":
      await instances.restore(question.instance, question.files);
      return tell(clients, changedMessage(question.instance.key));
    case "add":
      return add(question, instances, port, by);
    case "preview":
      return (await instances.running(question.key)).preview(question.file, question.options);
    case "reload":
      return instances.reload(question.key, question.source, by);
    case "consent":
      return instances.decide(question.key, question.allow);
    case "plugins":
      return (await instances.running(question.key)).packages.list();
    case "install":
      return instances.install(question, progressTo(port));
    case "uninstall":
      return instances.uninstall(question, progressTo(port));
  }
}

/**
 * @param {import("../shared/protocol.js").AddQuestion} question
 * @param {Instances} instances
 * @param {MessagePort} port
 * @param {string} by  id of the client that asks
 * @returns {Promise<import("../shared/protocol.js").AddResult>}
 */
async function add({ key, files }, instances, port, by) {
  let isCancelled = false;
  port.onmessage = (/** @type {MessageEvent<CancelMessage>} */ { data }) => {
    if (data?.cancel) isCancelled = true;
  };
  const instance = await instances.running(key);
  let saidAt = -Infinity;
  let stage = "";
  return instance.add(files, {
    by,
    isCancelled: () => isCancelled,
    onProgress(progress) {
      const now = `${progress.file} ${progress.stage}`;
      if (now === stage && performance.now() - saidAt < REPORT_EVERY) return;
      stage = now;
      saidAt = performance.now();
      port.postMessage({ working: true, progress });
    },
  });
}

/**
 * @param {MessagePort} port
 * @returns {(progress: import("../shared/protocol.js").InstallProgress) => void}
 */
function progressTo(port) {
  return (progress) => port.postMessage({ working: true, progress });
}

/**
 * Boot an instance for a page that shows its progress.
 *
 * @param {import("../shared/protocol.js").OpenMessage} message
 * @param {Client | ServiceWorker | MessagePort} page
 * @param {Instances} instances
 */
async function open({ key, retry, fresh }, page, instances) {
  const instance = instances.get(key, { afresh: retry, fromSources: fresh });
  /** @param {import("../shared/protocol.js").Progress} progress */
  const watcher = (progress) => page.postMessage(progressMessage(key, progress));
  instance.reports.watchers.add(watcher);
  const booted = instance.boot();
  watcher(instance.reports.progress);
  try {
    await booted;
    page.postMessage(readyMessage(key));
  } catch (error) {
    // Its address answers: with the page that asks.
    if (instance.consent) return page.postMessage(readyMessage(key));
    console.warn("The instance could not be started.", error);
    page.postMessage(failedMessage(key, toWire(error)));
  } finally {
    instance.reports.watchers.delete(watcher);
  }
  await instance.settled();
}
