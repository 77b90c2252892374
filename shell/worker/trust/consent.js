/**
 * Decides what code a person has to allow before it runs.
 *
 * This is code that a link brings, or a workspace from elsewhere. A wheel that is here is identified by
 * the hash of its content, and metadata and configuration by the hash of what they say, so an answer
 * never covers anything else. For what has yet to be fetched, an answer covers fetching exactly that
 * requirement from that place, once; the hashes of what arrived are then added to the answer.
 */

import { LiteError } from "../../shared/errors.js";

/** @typedef {import("../../shared/protocol.js").Consent} Consent */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../../shared/saved-store.js").Decision} Decision */
/** @typedef {import("./lock.js").LockedWheel} LockedWheel */

/** Where code is from that no link has brought, in words. */
export const IMPORTED = "the file you imported";
export const SAVED = "what is saved here";

/** Thrown by a boot that cannot continue without a person's decision. */
export class ConsentNeeded extends LiteError {
  /** @type {Consent} */
  consent;

  /** @param {Consent} consent */
  constructor(consent) {
    super("This waits for your decision, because it contains code that is not part of this site.", {
      hint: "Open its page to see which.",
      name: "ConsentNeeded",
    });
    this.consent = consent;
  }
}

/**
 * @param {Pick<LockedWheel, "name" | "version" | "sha256">} wheel  of an instance's lock
 * @param {string} from  in words: where the instance is from
 * @param {boolean} isAsked  whether it was requested, and not only needed by another package
 * @returns {ConsentItem}
 */
export function packageItem({ name, version, sha256 }, from, isAsked) {
  const parts = isAsked ? [] : ["dependency"];
  return { kind: "package", value: `${name} ${version}`, from, digest: sha256, parts };
}

/**
 * @param {Pick<ConsentItem, "kind" | "value" | "from" | "digest">} item
 * @returns {string} its name in a decision
 */
export function idOf({ kind, value, from, digest }) {
  if (kind === "package") return packageId(digest ?? "");
  return digest ? `${kind} ${value} sha256:${digest}` : `${kind} ${value} from ${from}`;
}

/**
 * @param {string} sha256  of a wheel
 * @returns {string} its name in a decision, whatever the wheel is called
 */
export function packageId(sha256) {
  return `package sha256:${sha256}`;
}

const KINDS = ["app", "plugin", "wheel", "datasette", "package", "metadata", "config"];
const MOST_ITEMS = 1000;

/**
 * Check the items that a page says it has shown.
 *
 * @param {unknown} items
 * @returns {ConsentItem[]}
 * @throws {LiteError} they are not items
 */
export function checkedItems(items) {
  const isText = (/** @type {unknown} */ value) => typeof value === "string";
  const isItem = (/** @type {any} */ item) =>
    KINDS.includes(item?.kind) &&
    isText(item.value) &&
    isText(item.from) &&
    (item.digest === undefined
      ? ["plugin", "wheel", "datasette"].includes(item.kind)
      : /^[0-9a-f]{64}$/.test(item.digest));
  if (Array.isArray(items) && items.length <= MOST_ITEMS && items.every(isItem)) return items;
  throw new LiteError("Your answer does not say which code it is about.", {
    hint: "Load the page again and answer once more.",
  });
}

/**
 * Sort items by the decisions about them.
 *
 * @param {ConsentItem[]} items
 * @param {Decision | undefined} decision
 * @param {boolean} locked
 * @returns {{allowed: ConsentItem[], refused: ConsentItem[]}}
 * @throws {ConsentNeeded} some are undecided
 */
export function sorted(items, decision, locked) {
  if (locked) return { allowed: [], refused: items };
  const allowed = new Set(decision?.allowed);
  const refused = new Set(decision?.refused);
  const waiting = items.filter((item) => !allowed.has(idOf(item)) && !refused.has(idOf(item)));
  if (waiting.length > 0) throw new ConsentNeeded({ items: waiting, locked });
  return {
    allowed: items.filter((item) => !refused.has(idOf(item))),
    refused: items.filter((item) => refused.has(idOf(item))),
  };
}

/**
 * @param {ConsentItem} item  that was refused
 * @param {boolean} locked
 * @returns {import("../../shared/errors.js").WireError} what the person reads
 */
export function refusal({ kind, value, parts = [] }, locked) {
  const what = {
    app: `${value} was not started`,
    plugin: `${value} was not installed`,
    wheel: `${value} was not installed`,
    package: `${value} was left out`,
    datasette: `Datasette ${value} was not installed; this is the site’s own version`,
    metadata: `Parts of ${value} were left out (${parts.join(", ")})`,
    config: `Parts of ${value} were left out (${parts.join(", ")})`,
  }[kind];
  const why = locked ? "this site accepts no code from links." : "you did not allow it.";
  const name = locked ? "Locked" : "NotAllowed";
  return { name, message: `${what}: ${why}`, hint: "", source: value };
}
