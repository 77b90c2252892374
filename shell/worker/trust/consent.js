/**
 * What code a person has to allow before it runs.
 *
 * Code is what a link brings, or a workspace that came from elsewhere. A wheel that is here is known by
 * the hash of its content, and metadata and configuration by the hash of what they say, so an answer
 * never covers anything else. Of what has yet to be fetched, an answer covers fetching exactly that
 * requirement from that place, once; the hashes of what came are then added to the answer.
 */

import { LiteError } from "../../shared/errors.js";

/** @typedef {import("../../shared/protocol.js").Consent} Consent */
/** @typedef {import("../../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../../shared/saved-store.js").Decision} Decision */
/** @typedef {import("./lock.js").LockedWheel} LockedWheel */

/** Thrown by a boot that cannot go on without a person's decision. */
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
 * @param {boolean} isAsked  whether it was asked for, and not only needed by another package
 * @returns {ConsentItem}
 */
export function packageItem({ name, version, sha256 }, from, isAsked) {
  const parts = isAsked ? [] : ["dependency"];
  return { kind: "package", value: `${name} ${version}`, from, digest: sha256, parts };
}

/**
 * @param {Pick<ConsentItem, "kind" | "value" | "from" | "digest">} item
 * @returns {string} as a decision names it
 */
export function idOf({ kind, value, from, digest }) {
  if (kind === "package") return packageId(digest ?? "");
  return digest ? `${kind} ${value} sha256:${digest}` : `${kind} ${value} from ${from}`;
}

/**
 * @param {string} sha256  of a wheel
 * @returns {string} as a decision names it, whatever it is called
 */
export function packageId(sha256) {
  return `package sha256:${sha256}`;
}

const KINDS = ["plugin", "wheel", "datasette", "package", "metadata", "config"];
const MOST_ITEMS = 1000;

/**
 * Check what a page says it has shown.
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
 * Sort items by what was decided about them.
 *
 * @param {ConsentItem[]} items
 * @param {Decision | undefined} decision
 * @param {boolean} locked
 * @returns {{allowed: ConsentItem[], refused: ConsentItem[]}}
 * @throws {ConsentNeeded} some are not decided on
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
 * @returns {import("../../shared/errors.js").WireError} what a person is told
 */
export function refusal({ kind, value, parts = [] }, locked) {
  const what = {
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
