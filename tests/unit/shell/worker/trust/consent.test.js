/** Tests of shell/worker/trust/: what has to be allowed, and what an answer covers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConsentNeeded,
  checkedItems,
  idOf,
  packageId,
  packageItem,
  refusal,
  sorted,
} from "../../../../../shell/worker/trust/consent.js";
import { Decisions } from "../../../../../shell/worker/trust/decisions.js";
import { isNew, requestsOf, requirementOf } from "../../../../../shell/worker/trust/requests.js";

const SETTINGS = {
  locked: false,
  indexes: ["default"],
  distribution: "",
  plugins: ["datasette-shipped"],
  hashes: [],
};
const INDEX = "the package index";
const PLUGIN = /** @type {const} */ ({ kind: "plugin", value: "datasette-x", from: INDEX });
const OTHER = /** @type {const} */ ({ kind: "plugin", value: "datasette-y", from: INDEX });
const HASH = "a".repeat(64);

test("requests are what a recipe asks for, each once", () => {
  const wheel = "https://a.test/x-1-py3-none-any.whl";
  const { items, problems } = requestsOf(
    [
      ["install", "datasette-x==1"],
      ["install", "datasette-x == 1"],
      ["install", wheel],
      ["install", "HTTPS://A.test/b/../x-1-py3-none-any.whl#sha256=0"],
      ["ref", "PRE"],
    ],
    SETTINGS,
  );
  assert.deepEqual(items, [
    { kind: "plugin", value: "datasette-x==1", from: INDEX },
    { kind: "wheel", value: wheel, from: "a.test" },
    { kind: "datasette", value: "pre", from: INDEX },
  ]);
  assert.deepEqual(problems, []);
  assert.equal(requirementOf(items[2]), "?ref=pre");
});

test("a branch, tag or commit of Datasette is from GitHub, and has its own answer", () => {
  for (const ref of ["main", "a/b", "0123abc"]) {
    const { items } = requestsOf([["ref", ref]], SETTINGS);
    assert.deepEqual(items, [{ kind: "datasette", value: ref, from: "github.com" }]);
    assert.equal(requirementOf(items[0]), `?ref=${ref}`);
    assert.equal(idOf(items[0]), `datasette ${ref} from github.com`);
  }
});

test("an address within a requirement is told, and what could be misread is a problem", () => {
  const within = "datasette-x @ https://elsewhere.test/x-1-py3-none-any.whl";
  const bad = [`${within} ; python_version > '3'`, "https://[/x.whl", "datasette-x @ //h/x.whl"];
  const { items, problems } = requestsOf(
    [
      ["install", within],
      .../** @type {Array<[string, string]>} */ (bad.map((one) => ["install", one])),
      ["ref", "1.0 ; evil"],
    ],
    SETTINGS,
  );
  assert.deepEqual(items, [{ kind: "wheel", value: within, from: "elsewhere.test" }]);
  assert.deepEqual(
    problems.map(({ source }) => source),
    [...bad, "?ref=1.0 ; evil"],
  );
});

test("what the site ships needs no consent, another version of it does", () => {
  /** @param {string} value */
  const of = (value) => requestsOf([["install", value]], SETTINGS).items.length;
  assert.equal(of("datasette-shipped"), 0);
  assert.equal(of("Datasette_Shipped"), 0);
  assert.equal(of("datasette-shipped==2"), 1);
  assert.equal(of("datasette-shipped @ https://a.test/x.whl"), 1);
});

test("only what is not here yet is new", () => {
  const why = { message: "", hint: "" };
  const lock = {
    format: 1,
    asked: { "datasette-there": "datasette-there" },
    wheels: [],
    failed: {
      "datasette-bad": { ...why, retry: false },
      "datasette-later": { ...why, retry: true },
    },
    removed: ["datasette-gone"],
  };
  const names = ["there", "bad", "later", "gone", "other"].map((name) => `datasette-${name}`);
  const found = names.filter((name) => isNew(name, lock));
  assert.deepEqual(found, ["datasette-later", "datasette-other"]);
  // These are packages, too, as far as their names go.
  for (const name of ["constructor", "toString", "hasOwnProperty"]) assert.ok(isNew(name, lock));
  assert.ok(isNew("datasette-there", undefined));
});

/**
 * @param {import("../../../../../shell/shared/protocol.js").ConsentItem[]} items
 * @param {string[]} [allowed]
 * @param {string[]} [refused]
 */
function waiting(items, allowed = [], refused = []) {
  try {
    sorted(items, { key: "", allowed, refused }, false);
  } catch (error) {
    assert.ok(error instanceof ConsentNeeded);
    return error.consent.items;
  }
  return [];
}

test("without a decision nothing goes on, and only what is new is asked for", () => {
  assert.throws(() => sorted([PLUGIN], undefined, false), { name: "ConsentNeeded" });
  assert.deepEqual(waiting([PLUGIN, OTHER]), [PLUGIN, OTHER]);
  assert.deepEqual(waiting([PLUGIN, OTHER], [idOf(PLUGIN)]), [OTHER]);
  assert.deepEqual(waiting([PLUGIN, OTHER], [], [idOf(OTHER)]), [PLUGIN]);
  // Another version is another item, and so is another place.
  const others = [
    { ...PLUGIN, value: "datasette-x==1" },
    { ...PLUGIN, from: "https://i.test/" },
  ];
  assert.deepEqual(waiting([PLUGIN], others.map(idOf)), [PLUGIN]);
});

test("a package is its hash, whatever it is called", () => {
  const wheel = { name: "datasette-x", version: "1", sha256: HASH };
  const item = packageItem(wheel, "the file you imported", true);
  assert.equal(idOf(item), packageId(HASH));
  assert.deepEqual(waiting([{ ...item, value: "datasette-y 2", from: "" }], [idOf(item)]), []);
  const evil = { ...item, digest: "b".repeat(64) };
  assert.deepEqual(waiting([evil], [idOf(item), idOf(PLUGIN), "plugin datasette-x"]), [evil]);
});

test("an answer about metadata covers what it said then, at that address, and nothing else", () => {
  const item = {
    kind: /** @type {const} */ ("metadata"),
    value: "https://a.test/m.json",
    from: "",
  };
  const shown = { ...item, digest: HASH };
  assert.deepEqual(waiting([shown], [idOf(shown)]), []);
  const others = [
    { ...shown, digest: "b".repeat(64) },
    { ...shown, value: "https://a.test/c.json" },
    { ...shown, kind: /** @type {const} */ ("config") },
  ];
  assert.deepEqual(waiting(others, [idOf(shown)]), others);
});

test("what was refused stays refused, also if it was allowed before", () => {
  const decision = { key: "", allowed: [idOf(PLUGIN)], refused: [idOf(PLUGIN)] };
  assert.deepEqual(sorted([PLUGIN], decision, false), { allowed: [], refused: [PLUGIN] });
});

test("a locked site refuses all, whatever was decided", () => {
  const decision = { key: "", allowed: [idOf(PLUGIN)], refused: [] };
  assert.deepEqual(sorted([PLUGIN], decision, true), { allowed: [], refused: [PLUGIN] });
  assert.match(
    refusal(PLUGIN, true).message,
    /datasette-x was not installed: this site accepts no/,
  );
  assert.match(refusal(PLUGIN, false).message, /datasette-x was not installed: you did not allow/);
});

for (const [name, items] of Object.entries({
  nothing: undefined,
  "an object": {},
  "an unknown kind": [{ ...PLUGIN, kind: "constructor" }],
  "a number": [{ ...PLUGIN, value: 1 }],
  "a package without a hash": [{ ...PLUGIN, kind: "package" }],
  "metadata without a hash": [{ ...PLUGIN, kind: "metadata" }],
  "a hash that is none": [{ ...PLUGIN, kind: "package", digest: "x" }],
  "too many": Array(1001).fill(PLUGIN),
})) {
  test(`an answer with ${name} for items is no answer`, () => {
    assert.throws(() => checkedItems(items), { name: "LiteError" });
  });
}

test("an answer with the items that were shown is one", () => {
  const items = [PLUGIN, { ...PLUGIN, kind: /** @type {const} */ ("config"), digest: HASH }];
  assert.deepEqual(checkedItems(items), items);
});

test("decisions add up, and hold for the worker's life where none can be saved", async () => {
  const { warn } = console;
  console.warn = () => {};
  try {
    const decisions = new Decisions(() => Promise.reject(new Error("denied")));
    await decisions.add("k", ["x"], false);
    await decisions.add("k", ["y"], true);
    await decisions.add("k", ["x"], true);
    assert.deepEqual(await decisions.of("k"), { key: "k", allowed: ["x", "y"], refused: [] });
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
    await decisions.add("k", ["x"], true);
    await decisions.note("k", 2);
    assert.deepEqual(await decisions.of("k"), {
      key: "k",
      allowed: ["x"],
      refused: [],
      unfinished: 2,
    });
    await decisions.add("k", ["y"], true);
    assert.equal((await decisions.of("k"))?.unfinished, undefined);
  } finally {
    console.warn = warn;
  }
});

test("a request names every index that a package may come from", () => {
  const settings = { ...SETTINGS, indexes: ["https://site.test/wheels/", "default"] };
  const { items } = requestsOf([["install", "datasette-x"]], settings);
  assert.equal(items[0].from, "https://site.test/wheels/ or the package index");
});

test("a request names the host of native code, which its dependencies may need", () => {
  const settings = { ...SETTINGS, distribution: "https://cdn.test/pyodide/v1/full/" };
  const { items } = requestsOf(
    [
      ["install", "datasette-x"],
      ["ref", "1.0a40"],
      ["ref", "main"],
    ],
    settings,
  );
  const from = "the package index, or cdn.test for native code";
  assert.deepEqual(
    items.map((item) => item.from),
    [from, from, "github.com"].slice(0, items.length),
  );
});
