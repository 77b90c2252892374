/**
 * Answers the questions that pages send by message, and sends pages news.
 *
 * shared/protocol.js defines the messages. workspace.js carries them out, and saved-workspaces.js those
 * about saved workspaces as a whole.
 */

import { isWanted, openWorkspaces } from "../instance/clients.js";
import { runningWorkspaces } from "../instance/occupancy.js";
import {
  bringBackWorkspaces,
  deleteWorkspaces,
  pausePlugins,
  renameWorkspace,
  restoreWorkspace,
  setAsideDatabase,
  sweepDeleted,
} from "../instance/saved-workspaces.js";
import { keepScopes, outdatedScopes } from "../site-cache/versions.js";
import { LiteError, toWire } from "../../shared/errors.js";
import { hold } from "../../shared/locks.js";
import {
  changedMessage,
  deletedMessage,
  evictedMessage,
  failedMessage,
  openMessage,
  progressMessage,
  PROTOCOL_VERSION,
  readyMessage,
} from "../../shared/protocol.js";
import { connectSocket } from "./websockets.js";
import { embeddingOf } from "../../shared/recipe.js";
import { SITE_ROOT } from "../../shared/site.js";

/** @typedef {import("../../shared/protocol.js").PageMessage} PageMessage */
/** @typedef {import("../../shared/protocol.js").Question} Question */
/** @typedef {import("../../shared/protocol.js").News} News */
/** @typedef {import("../../shared/protocol.js").Answer} Answer */
/** @typedef {import("../../shared/protocol.js").CancelMessage} CancelMessage */
/** @typedef {import("../instance/workspaces.js").Workspaces} Workspaces */

/** ms between two signs of life while a slow answer is prepared, such as that to a large import. */
const SIGN_OF_LIFE = 5000;

/** Questions that change a workspace. */
const CHANGING = ["add", "reload", "keep-copy", "consent", "install", "uninstall"];

/** ms between two progress reports of an import. */
const REPORT_EVERY = 200;

/**
 * @param {ExtendableMessageEvent} event
 * @param {Workspaces} workspaces
 * @param {Clients} clients
 * @returns {Promise<void>} settled when nothing more follows from it
 */
export async function answerMessage(event, workspaces, clients) {
  /** @type {PageMessage} */
  const message = event.data;
  const [port] = event.ports;
  const by = event.source && "id" in event.source ? event.source.id : "";
  if (message?.type === "open" && event.source) await open(message, event.source, workspaces);
  // A ping without a port needs no answer: its arrival is what keeps the worker running.
  else if (message?.type === "ping") port?.postMessage({ value: undefined });
  else if (message?.type === "websocket") await connectSocket(message, event, workspaces);
  // Nor does a prefetch, which sw.js handles.
  else if (port && message.type !== "prefetch" && message.type !== "open") {
    await underLock(message.lock, port, () => answerTo(message, workspaces, clients, port, by));
  }
}

/**
 * Answer a question, and show the page meanwhile that this worker is working on it: by signs of life, and
 * by a lock, which the browser releases if it stops the worker.
 *
 * @param {string | undefined} lock  its name
 * @param {MessagePort} port
 * @param {() => Promise<unknown>} work
 */
async function underLock(lock, port, work) {
  /** @param {Answer} answer */
  const say = (answer) => port.postMessage(answer);
  const signsOfLife = setInterval(say, SIGN_OF_LIFE, { working: true });
  let release = () => {};
  try {
    if (lock) {
      say({ working: true });
      release = await hold(lock);
      say({ working: true, locked: true });
    }
    say({ value: await work() });
  } catch (error) {
    say({ error: toWire(error) });
  } finally {
    clearInterval(signsOfLife);
    release();
  }
}

/**
 * Send news to the pages of the site, whether this worker controls them yet or not.
 *
 * @param {Clients} clients
 * @param {News} news
 * @param {string} [by]  id of the client that caused it, which knows already
 */
async function tell(clients, news, by = "") {
  for (const page of await clients.matchAll({ includeUncontrolled: true, type: "window" })) {
    const isOfSite = page.url.startsWith(SITE_ROOT.href);
    if (isOfSite && page.id !== by) page.postMessage(news);
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
 * @param {Clients} clients
 * @param {string} key  of the instance that was deleted to make room
 */
export function tellOfEviction(clients, key) {
  return tell(clients, evictedMessage(key));
}

/**
 * @param {Question} question
 * @param {Workspaces} workspaces
 * @param {Clients} clients
 * @param {MessagePort} port  on which the answer will be sent
 * @param {string} by  id of the client that asks
 * @returns {Promise<unknown>}
 */
async function answerTo(question, workspaces, clients, port, by) {
  if (question.v !== PROTOCOL_VERSION) throw otherVersion();
  if (question.type === "forget") {
    const deleted = await deleteWorkspaces(question.keys, question.spared);
    await tell(clients, deletedMessage(question.keys));
    return deleted;
  }
  if (question.type === "bring-back") {
    const keys = await bringBackWorkspaces(question.deleted);
    for (const key of keys) await tell(clients, changedMessage(key), by);
    return keys;
  }
  if (question.type === "sweep") return sweepDeleted();
  if (question.type === "restore") {
    const leftOut = await restoreWorkspace(question.instance, question.files);
    await tell(clients, changedMessage(question.instance.key));
    return leftOut;
  }
  if (question.type === "set-aside") {
    await setAsideDatabase(question);
    return tell(clients, changedMessage(question.key), by);
  }
  if (question.type === "pause-plugins") return pausePlugins(question.key);
  if (question.type === "rename") return renameWorkspace(question.key, question.title);
  if (question.type === "registrations") {
    await keepScopes(question.scopes);
    // A workspace that is being started from the launcher has no page of its own yet.
    const open = new Set([...(await openWorkspaces()), ...(await runningWorkspaces())]);
    return { open: [...open], outdated: await outdatedScopes() };
  }
  // Asking for the status starts nothing.
  if (question.type === "status") return workspaces.find(question.key)?.status();
  if (CHANGING.includes(question.type) && embeddingOf(question.key) === "read") throw readOnly();
  const workspace = await workspaces.host(question.key);
  switch (question.type) {
    case "allow-load":
      return workspace.guard.allow(question.address);
    case "check":
      return workspace.check(question.before);
    case "add":
      return add(question, workspace, port, by);
    case "preview":
      return (await workspace.running()).preview(question.file, question.options);
    case "reload":
      return workspace.reload(question.source, question, by);
    case "keep-copy":
      return (await workspace.running()).keepCopy(question.database, {
        isCancelled: cancellation(port),
        onProgress: progressTo(port),
      });
    case "consent":
      return workspace.decide(question.allow, question.items);
    case "plugins":
      return (await workspace.running()).packages.list();
    case "served":
      return (await workspace.running()).packages.served(question.requirements);
    case "install":
      return workspace.install(question, progressTo(port));
    case "uninstall":
      return workspace.uninstall(question, progressTo(port));
  }
}

/** @returns {LiteError} */
function readOnly() {
  return new LiteError("This embedded copy of the data is read-only.", {
    hint: "Open it full size, in a tab, to change it.",
  });
}

/** @returns {LiteError} */
function otherVersion() {
  return new LiteError("This page and its service worker are of different versions of the site.", {
    hint: "The site was just updated. Load the page again.",
    name: "ProtocolError",
  });
}

/**
 * @param {import("../../shared/protocol.js").AddQuestion} question
 * @param {import("../instance/workspace.js").Workspace} workspace
 * @param {MessagePort} port
 * @param {string} by  id of the client that asks
 * @returns {Promise<import("../../shared/protocol.js").AddResult>}
 */
async function add({ files, title }, workspace, port, by) {
  const isCancelled = cancellation(port);
  const instance = await workspace.running();
  let saidAt = -Infinity;
  let stage = "";
  return instance.add(files, {
    by,
    title,
    isCancelled,
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
 * @returns {() => boolean} whether the page has cancelled its question
 */
function cancellation(port) {
  let isCancelled = false;
  port.onmessage = (/** @type {MessageEvent<CancelMessage>} */ { data }) => {
    if (data?.cancel) isCancelled = true;
  };
  return () => isCancelled;
}

/**
 * @param {MessagePort} port
 * @returns {(progress: import("../../shared/protocol.js").InstallProgress
 *   | import("../../shared/protocol.js").CopyProgress) => void}
 */
function progressTo(port) {
  return (progress) => port.postMessage({ working: true, progress });
}

/**
 * Boot an instance for a page that shows its progress.
 *
 * @param {import("../../shared/protocol.js").OpenMessage} message
 * @param {Client | ServiceWorker | MessagePort} page
 * @param {Workspaces} workspaces
 */
async function open({ v, key, retry, fresh, saved, isNew }, page, workspaces) {
  if (v !== PROTOCOL_VERSION) return page.postMessage(failedMessage(key, toWire(otherVersion())));
  let instance;
  try {
    const workspace = await workspaces.host(key);
    instance = workspace.get({ afresh: retry, fromSources: fresh, fromSaved: saved, isNew });
  } catch (error) {
    return page.postMessage(failedMessage(key, toWire(error)));
  }
  /** @param {import("../../shared/protocol.js").Progress} progress */
  const watcher = (progress) => page.postMessage(progressMessage(key, progress));
  const booted = instance.boot();
  instance.reports.watch(watcher);
  try {
    // With no page left to show progress to, the browser may stop the worker in the middle of the boot.
    if (!(await isWanted(key, booted, "id" in page ? page.id : ""))) return;
    page.postMessage(readyMessage(key, await instance.firstPage()));
  } catch (error) {
    // Its address now answers with the page that asks.
    if (instance.consent) return page.postMessage(readyMessage(key));
    if (instance.isAbandoned) return await open(openMessage(key), page, workspaces);
    console.warn("The instance could not be started.", error);
    page.postMessage(failedMessage(key, toWire(error)));
  } finally {
    instance.reports.unwatch(watcher);
  }
  await instance.settled();
}
