/**
 * What code a person has to allow before it runs, and what they have decided.
 *
 * Code is what a link brings, or a saved instance that came from elsewhere: packages, and metadata and
 * configuration that hold HTML or scripts. A decision is about one instance and about exactly these
 * items. What the site itself ships needs none. Showing the items is a page's business
 * (shell/page/consent.js), installing them is packages.js's.
 */

import { LiteError } from "../shared/errors.js";
import { isWheel, packagesOf } from "../shared/recipe.js";
import { SITE_ROOT } from "../shared/site.js";

/** @typedef {import("../shared/protocol.js").Consent} Consent */
/** @typedef {import("../shared/protocol.js").ConsentItem} ConsentItem */
/** @typedef {import("../shared/saved-store.js").Store} Store */
/** @typedef {import("./site-settings.js").SiteSettings} SiteSettings */
/** @typedef {import("../shared/saved-store.js").Decision} Decision */

/** How a lock names what `ref` asks for; engine/plugin_setup.py writes it. */
export const REF = "?ref=";

/** Thrown by a boot that cannot go on without a person's decision. */
export class ConsentNeeded extends LiteError {
  /** @type {Consent} */
  consent;

  /** @param {Consent} consent */
  constructor(consent) {
    super("This waits for your decision: code that does not come with this site is to run in it.", {
      hint: "Open its page to see which.",
      name: "ConsentNeeded",
    });
    this.consent = consent;
  }
}

/**
 * The packages that an instance wants, as items.
 *
 * @param {import("../shared/recipe.js").Recipe} recipe
 * @param {string[]} earlier  what its lock asks for
 * @param {SiteSettings} settings
 * @returns {ConsentItem[]} each once, in order
 */
export function packageItems(recipe, earlier, { index, plugins }) {
  const { install, ref } = packagesOf(recipe);
  const asked = [...install, ...(ref ? [REF + ref] : []), ...earlier];
  const from = index || "the package index";
  return [...new Set(asked)]
    .filter((requirement) => !plugins.includes(requirement))
    .map((requirement) => {
      if (requirement.startsWith(REF)) {
        return { kind: "datasette", value: requirement.slice(REF.length), from };
      }
      if (isWheel(requirement) && URL.canParse(requirement, SITE_ROOT.href)) {
        const { href, host } = new URL(requirement, SITE_ROOT);
        return { kind: "wheel", value: href, from: host };
      }
      // A requirement may have an address of its own: "name @ https://…"
      const elsewhere = /@\s*\w+:\/\/([^\s/;]+)/.exec(requirement)?.[1];
      return { kind: "plugin", value: requirement, from: elsewhere ?? from };
    });
}

/**
 * @param {ConsentItem} item
 * @returns {string} as a decision names it
 */
function nameOf({ kind, value }) {
  return `${kind} ${value}`;
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
  const { allowed = [], refused = [] } = decision ?? {};
  const isIn = (/** @type {string[]} */ names) => (/** @type {ConsentItem} */ item) =>
    names.includes(nameOf(item));
  const waiting = items.filter((item) => !isIn(allowed)(item) && !isIn(refused)(item));
  if (waiting.length > 0) throw new ConsentNeeded({ items: waiting, locked });
  return { allowed: items.filter(isIn(allowed)), refused: items.filter(isIn(refused)) };
}

/**
 * @param {ConsentItem} item  that was refused
 * @param {boolean} locked
 * @returns {import("../shared/errors.js").WireError} what a person is told
 */
export function refusal({ kind, value, parts = [] }, locked) {
  const what = {
    plugin: `${value} was not installed`,
    wheel: `${value} was not installed`,
    datasette: `Datasette ${value} was not installed; this is the site’s own version`,
    metadata: `Parts of ${value} were left out (${parts.join(", ")})`,
    config: `Parts of ${value} were left out (${parts.join(", ")})`,
  }[kind];
  const why = locked ? "this site takes no code from links." : "you did not allow it.";
  const name = locked ? "Locked" : "NotAllowed";
  return { name, message: `${what}: ${why}`, hint: "", source: value };
}

/** The decisions that are saved in this browser; for as long as the worker lives if none can be. */
export class Decisions {
  #openStore;
  /** @type {Map<string, Decision>} */
  #unsaved = new Map();

  /** @param {() => Promise<Store>} openStore */
  constructor(openStore) {
    this.#openStore = openStore;
  }

  /**
   * @param {string} key  of the instance
   * @returns {Promise<Decision | undefined>}
   */
  async of(key) {
    const unsaved = this.#unsaved.get(key);
    if (unsaved) return unsaved;
    const store = await this.#openStore().catch(() => undefined);
    return store?.get("decisions", key);
  }

  /**
   * Add to what was decided.
   *
   * @param {string} key
   * @param {ConsentItem[]} items
   * @param {boolean} allow
   */
  async add(key, items, allow) {
    const names = items.map(nameOf);
    const others = (/** @type {string[]} */ list) => list.filter((name) => !names.includes(name));
    await this.#change(key, ({ allowed, refused }) => ({
      key,
      allowed: [...others(allowed), ...(allow ? names : [])].sort(),
      refused: [...others(refused), ...(allow ? [] : names)].sort(),
    }));
  }

  /**
   * Note how many starts with what is allowed have not come to an end.
   *
   * @param {string} key
   * @param {number} unfinished
   */
  async note(key, unfinished) {
    await this.#change(key, (decision) => ({ ...decision, unfinished }));
  }

  /**
   * @param {string} key
   * @param {(decision: Decision) => Decision} work
   */
  async #change(key, work) {
    const none = { key, allowed: [], refused: [] };
    const unsaved = this.#unsaved.get(key);
    try {
      const transaction = (await this.#openStore()).transaction("decisions", "readwrite");
      const decision = unsaved ?? (await transaction.store.get(key)) ?? none;
      await Promise.all([transaction.store.put(work(decision)), transaction.done]);
      this.#unsaved.delete(key);
    } catch (error) {
      console.warn("What was decided about code is not saved.", error);
      this.#unsaved.set(key, work(unsaved ?? none));
    }
  }

  /**
   * Forget what was decided: it is asked for again.
   *
   * @param {string} key
   */
  async forget(key) {
    this.#unsaved.delete(key);
    const store = await this.#openStore().catch(() => undefined);
    await store?.delete("decisions", key);
  }
}
