/** Tests of shell/worker/boot/packages.js: starts that fail, and those that are never over. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Packages, PackagesFailed } from "../../../../../shell/worker/boot/packages.js";

/**
 * @param {object} more
 * @param {number} [more.unfinished]
 * @param {boolean} [more.paused]
 * @param {string} [more.lock]
 * @param {boolean} [more.locked]
 * @param {boolean} [more.isImported]
 * @param {string[]} [more.hashes]  of what the site has
 * @param {() => Promise<void>} [more.onUncertain]
 * @param {import("../../../../../shell/shared/recipe.js").Recipe} [more.recipe]
 * @param {string[]} [more.allowed]
 */
function packages({ unfinished, paused, lock, locked = false, hashes = [], ...more }) {
  const { isImported = false, onUncertain = async () => {} } = more;
  const { recipe = [["install", "datasette-x"]] } = more;
  const { allowed = ["plugin datasette-x from the package index"] } = more;
  /** @type {number[]} */
  const notes = [];
  const made = new Packages({
    recipe,
    lock,
    isImported,
    settings: {
      locked,
      indexes: ["default"],
      distribution: "",
      plugins: [],
      hashes,
      snapshots: false,
    },
    decision: {
      key: "",
      allowed,
      refused: [],
      unfinished,
      paused,
    },
    failures: [],
    note: async (count) => void notes.push(count),
    allow: async () => {},
    onUncertain,
  });
  return { made, notes };
}

test("a start is counted while plugins are at work, and no longer once it is over", async () => {
  const { made, notes } = packages({});
  assert.equal(await made.orLess(() => [...notes].length), 1);
  await made.isStarted();
  assert.deepEqual(notes, [1, 0]);
});

test("the pages that wait are answered first, in case it never ends", async () => {
  /** @type {string[]} */
  const order = [];
  const { made } = packages({ onUncertain: async () => void order.push("answered") });
  await made.orLess(() => order.push("run"));
  assert.deepEqual(order, ["answered", "run"]);
});

test("between two pieces of work, those before it still count; after the start none", async () => {
  const { made, notes } = packages({ unfinished: 1 });
  await made.orLess(() => {});
  await made.orLess(() => {});
  await made.isStarted();
  assert.deepEqual(notes, [2, 1, 2, 1, 0]);
  assert.deepEqual(made.problems, []);
});

test("allowed code is held back after starts that never finished, or as the person chose", () => {
  assert.equal(packages({ unfinished: 1 }).made.isHeldBack, false);
  assert.equal(packages({ unfinished: 2 }).made.isHeldBack, true);
  assert.equal(packages({ paused: true }).made.isHeldBack, true);
});

test("counted work that raises is over, and its error is its own", async () => {
  const { made, notes } = packages({});
  const error = new Error("of the app");
  await assert.rejects(
    made.counted(() => {
      throw error;
    }),
    error,
  );
  assert.deepEqual(notes, [1, 0]);
});

test("a start that fails is over, and leads to one without the plugins", async () => {
  const { warn } = console;
  console.warn = () => {};
  try {
    const { made, notes } = packages({ unfinished: 1 });
    const failing = made.orLess(() => {
      throw new Error("Traceback\n  File x\nKeyError: 'y'\n");
    });
    await assert.rejects(failing, (/** @type {PackagesFailed} */ error) => {
      assert.ok(error instanceof PackagesFailed);
      assert.deepEqual(error.failure, { without: "all", reason: "KeyError: 'y'." });
      return true;
    });
    assert.deepEqual(notes, [2, 1]);
  } finally {
    console.warn = warn;
  }
});

test("after two that were never over there are no plugins, which is told and not forgotten", async () => {
  const { made, notes } = packages({ unfinished: 2 });
  assert.deepEqual(
    made.problems.map(({ name }) => name),
    ["PluginsStuck"],
  );
  assert.equal(await made.orLess(() => "without"), "without");
  await made.isStarted();
  assert.deepEqual(notes, []);
});

test("plugins that the person wants to do without are left out, and it says so", async () => {
  const { made, notes } = packages({ paused: true });
  assert.match(made.problems[0].message, /without its plugins, as you chose/);
  assert.equal(await made.orLess(() => "without"), "without");
  assert.deepEqual(notes, []);
});

const HASH = "a".repeat(64);
const LOCK = {
  format: 1,
  asked: { "datasette-y": "datasette-y" },
  wheels: [
    {
      name: "datasette-y",
      version: "1.0",
      file: "datasette_y-1.0-py3-none-any.whl",
      url: "https://a.test/datasette_y-1.0-py3-none-any.whl",
      sha256: HASH,
      size: 1,
      requires: [],
      is_plugin: true,
    },
  ],
  failed: {},
  removed: [],
};

/**
 * @param {Packages} made
 * @returns {{allowed: string[], install: string[]}} what Python is told
 */
function wanted(made) {
  return JSON.parse(JSON.parse(made.identity)[1]);
}

test("a record that cannot be read has no packages, and is told about", () => {
  for (const lock of ["{", "[]", '{"asked": null}', JSON.stringify(LOCK).replace("1,", "NaN,")]) {
    const { made } = packages({ lock });
    assert.match(made.problems[0].message, /^The list of this workspace’s plugins is damaged/);
    assert.deepEqual(wanted(made).allowed, []);
    assert.equal(JSON.parse(made.identity)[0], "");
  }
});

test("a wheel that is here waits for an answer about its hash", () => {
  assert.throws(
    () => packages({ lock: JSON.stringify(LOCK) }),
    (/** @type {any} */ error) => {
      const [item] = error.consent.items;
      assert.deepEqual([item.kind, item.digest], ["package", HASH]);
      return true;
    },
  );
});

test("what the site has is known by its hash, not by its name", () => {
  const lock = JSON.stringify(LOCK);
  assert.deepEqual(wanted(packages({ lock, hashes: [HASH] }).made).allowed, [HASH]);
  assert.throws(() => packages({ lock, hashes: ["b".repeat(64)] }), { name: "ConsentNeeded" });
});

test("what an imported record says of failures is not repeated", () => {
  const why = { message: "Your session is over.", hint: "Go to evil.test.", retry: false };
  const lock = JSON.stringify({ ...LOCK, failed: { "datasette-z": why } });
  /** @param {boolean} isImported */
  const said = (isImported) => {
    const { made } = packages({ lock, hashes: [HASH], isImported });
    return JSON.parse(made.identity)[0].failed["datasette-z"];
  };
  assert.deepEqual(said(false), why);
  assert.match(said(true).message, /^datasette-z could not be installed where this workspace/);
  assert.doesNotMatch(JSON.stringify(said(true)), /session|evil/);
});

test("on a locked site Python may use nothing, and fetch nothing", () => {
  const { made } = packages({ lock: JSON.stringify(LOCK), locked: true });
  assert.deepEqual(wanted(made).allowed, []);
  assert.deepEqual(wanted(made).install, []);
  assert.deepEqual(
    made.refused.map(({ kind }) => kind),
    ["plugin", "package"],
  );
});

for (const [ref, from, isFromRepository] of /** @type {const} */ ([
  ["1.0a40", "the package index", false],
  ["pre", "the package index", false],
  ["main", "github.com", true],
  ["0123abc", "github.com", true],
])) {
  test(`the Datasette of ?ref=${ref} is fetched from ${from} once that is allowed`, () => {
    /** @type {import("../../../../../shell/shared/recipe.js").Recipe} */
    const recipe = [["ref", ref]];
    const allowed = [`datasette ${ref} from ${from}`];
    const { made } = packages({ recipe, allowed });
    const wanted = JSON.parse(JSON.parse(made.identity)[1]);
    assert.deepEqual([wanted.ref, wanted.from_repository], [ref, isFromRepository]);
    const elsewhere = [`datasette ${ref} from elsewhere`];
    assert.throws(() => packages({ recipe, allowed: elsewhere }), { name: "ConsentNeeded" });
    const { made: refused } = packages({ recipe, allowed, locked: true });
    assert.equal(JSON.parse(JSON.parse(refused.identity)[1]).ref, "");
    assert.match(refused.problems[0].message, /this site accepts no code from links/);
  });
}
