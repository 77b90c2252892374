/** Tests of shell/worker/consent.js: what has to be allowed, and what a decision covers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConsentNeeded,
  Decisions,
  packageItems,
  refusal,
  sorted,
} from "../../shell/worker/consent.js";

const SETTINGS = { locked: false, index: "", plugins: ["datasette-shipped"] };
const PLUGIN = /** @type {const} */ ({ kind: "plugin", value: "datasette-x", from: "" });
const OTHER = /** @type {const} */ ({ kind: "plugin", value: "datasette-y", from: "" });

test("items are what a recipe asks for and what was asked for before, each once", () => {
  const wheel = "https://a.test/x-1-py3-none-any.whl";
  const items = packageItems(
    [
      ["install", "datasette-x==1"],
      ["install", wheel],
      ["ref", "pre"],
    ],
    ["datasette-x==1", "datasette-z", "?ref=pre"],
    SETTINGS,
  );
  assert.deepEqual(items, [
    { kind: "plugin", value: "datasette-x==1", from: "the package index" },
    { kind: "wheel", value: wheel, from: "a.test" },
    { kind: "datasette", value: "pre", from: "the package index" },
    { kind: "plugin", value: "datasette-z", from: "the package index" },
  ]);
});

test("an address within a requirement is told, and one that is none is no wheel", () => {
  const within = "datasette-x @ https://elsewhere.test/x-1-py3-none-any.whl ; python_version > '3'";
  const items = packageItems(
    [
      ["install", within],
      ["install", "https://[/x.whl"],
    ],
    [],
    SETTINGS,
  );
  assert.deepEqual(items, [
    { kind: "plugin", value: within, from: "elsewhere.test" },
    { kind: "plugin", value: "https://[/x.whl", from: "the package index" },
  ]);
});

test("what the site ships needs no consent, another version of it does", () => {
  /** @param {string} value */
  const of = (value) => packageItems([["install", value]], [], SETTINGS).length;
  assert.equal(of("datasette-shipped"), 0);
  assert.equal(of("datasette-shipped==2"), 1);
});

test("without a decision nothing goes on, and only what is new is asked for", () => {
  /** @param {import("../../shell/shared/saved-store.js").Decision} [decision] */
  const waiting = (decision) => {
    try {
      sorted([PLUGIN, OTHER], decision, false);
    } catch (error) {
      assert.ok(error instanceof ConsentNeeded);
      return error.consent.items;
    }
    return [];
  };
  assert.deepEqual(waiting(), [PLUGIN, OTHER]);
  assert.deepEqual(waiting({ key: "", allowed: ["plugin datasette-x"], refused: [] }), [OTHER]);
  assert.deepEqual(waiting({ key: "", allowed: [], refused: ["plugin datasette-y"] }), [PLUGIN]);
  // Another version is another item.
  const older = ["plugin datasette-x==1", "wheel datasette-x"];
  assert.deepEqual(waiting({ key: "", allowed: older, refused: [] }), [PLUGIN, OTHER]);
});

test("a locked site refuses all, whatever was decided", () => {
  const decision = { key: "", allowed: ["plugin datasette-x"], refused: [] };
  assert.deepEqual(sorted([PLUGIN], decision, true), { allowed: [], refused: [PLUGIN] });
  assert.match(refusal(PLUGIN, true).message, /datasette-x was not installed: this site takes no/);
  assert.match(refusal(PLUGIN, false).message, /datasette-x was not installed: you did not allow/);
});

test("decisions add up, and hold for the worker's life where none can be saved", async () => {
  const { warn } = console;
  console.warn = () => {};
  try {
    const decisions = new Decisions(() => Promise.reject(new Error("denied")));
    await decisions.add("k", [PLUGIN], false);
    await decisions.add("k", [OTHER], true);
    await decisions.add("k", [PLUGIN], true);
    assert.deepEqual(await decisions.of("k"), {
      key: "k",
      allowed: ["plugin datasette-x", "plugin datasette-y"],
      refused: [],
    });
    assert.equal(await decisions.of("other"), undefined);
    await decisions.forget("k");
    assert.equal(await decisions.of("k"), undefined);
  } finally {
    console.warn = warn;
  }
});

test("unfinished starts are noted with a decision, which a new one forgets", async () => {
  const { warn } = console;
  console.warn = () => {};
  try {
    const decisions = new Decisions(() => Promise.reject(new Error("denied")));
    await decisions.add("k", [PLUGIN], true);
    await decisions.note("k", 2);
    assert.deepEqual(await decisions.of("k"), {
      key: "k",
      allowed: ["plugin datasette-x"],
      refused: [],
      unfinished: 2,
    });
    await decisions.add("k", [OTHER], true);
    assert.equal((await decisions.of("k"))?.unfinished, undefined);
  } finally {
    console.warn = warn;
  }
});
