import assert from "node:assert/strict";
import { test } from "node:test";
import { importedPath } from "../../../../../shell/shared/imported-paths.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { checkedImport } = await importWorkerModule("shell/worker/trust/imported-instance.js");
const { importedRecord, exportedRecord, isSourceUrl, readableRecord } = await importWorkerModule(
  "shell/shared/saved-record.js",
);

const SOURCE = {
  parameter: "csv",
  url: "https://a.test/t.csv",
  etag: "",
  lastModified: "",
  size: 3,
  sha256: "",
  loadedAt: 1_700_000_000_000,
};

const RECORD = {
  key: "",
  format: 1,
  build: "abc",
  createdAt: 1,
  usedAt: 2,
  size: 3,
  edited: false,
  sources: [SOURCE],
};

const file = (path, content = "x") => ({ path, content: new Blob([content]) });
const textOf = async (files, path) => files.find((one) => one.path === path)?.content.text();

/** State as engine/folder.py writes it. */
const STATE = {
  format: 1,
  databases: ["data"],
  csv_database: "data",
  sources: [
    {
      id: "1",
      parameter: "csv",
      url: "t.csv",
      origin: { kind: "file", file: "t.csv", size: 3, sha256: "", etag: "", loadedAt: 5 },
      options: { pk: ["id"], types: { a: "text" } },
      added: [{ database: "data", table: "t" }],
    },
  ],
};

test("only the paths of data are saved, and Datasette's own database under another name", () => {
  const kept = [
    "state.json",
    "databases/shop.db",
    "databases/shop.db-journal",
    "databases/shop.db-wal",
    "databases/Grüße & co.db",
    "databases/..db.db",
    "configuration/12.json",
    "plugins/lock.json",
    "plugins/wheels/a_b-1.0+x-py3-none-any.whl",
    "imported-internal.db",
  ];
  for (const path of kept) assert.equal(importedPath(path), path);
  assert.equal(importedPath("internal.db"), "imported-internal.db");
  assert.equal(importedPath("internal.db-wal"), "imported-internal.db-wal");
  const refused = [
    ..."secret cookies.json source-1 incoming/x state.json/x databases/x databases/.db".split(" "),
    ..."databases/a/b.db databases/../state.json /state.json databases/_memory.db".split(" "),
    ..."databases/_internal.db databases/@x.db databases/x.db-shm databases/x.DB".split(" "),
    ..."plugins/evil.py plugins/wheels/evil.pth plugins/wheels/a/b.whl plugins/lock.json5".split(
      " ",
    ),
    ..."configuration/../x.json configuration/a.json templates/base.html static/x.js".split(" "),
    ..."__proto__ constructor internal.db.bak Internal.db imported-imported-internal.db".split(" "),
    "databases/a\0.db",
    "databases/a\n.db",
    `databases/${"a".repeat(251)}.db`,
    "databases/x.db\n",
    "",
  ];
  for (const path of refused) assert.equal(importedPath(path), undefined, JSON.stringify(path));
});

test("an app's code is one file, and its home directory cannot be left", () => {
  const kept = ["app/main.py", "app/shop-1.0.zip", "home/guests.db", "home/a b/.c/ü.txt"];
  for (const path of kept) assert.equal(importedPath(path), path);
  const refused = [
    ..."app/a/b.py app/x.so app/ home home/ home/../x home/a/.. home//x home/./x".split(" "),
    "home/a\\b",
    "home/\0",
    `home/${"x/".repeat(30)}y`,
  ];
  for (const path of refused) assert.equal(importedPath(path), undefined, JSON.stringify(path));
});

test("what may not be imported is left out by the worker, whatever the page sent", async () => {
  const files = [
    file("databases/shop.db"),
    file("plugins/evil.py"),
    file("../../lib/evil.py"),
    file("secret"),
    file("cookies.json"),
    file("internal.db", "first"),
    file("imported-internal.db", "second"),
  ];
  const checked = await checkedImport({ ...RECORD, size: 10 ** 9 }, files);
  assert.deepEqual(
    checked.files.map(({ path }) => path),
    ["databases/shop.db", "imported-internal.db"],
  );
  assert.equal(await textOf(checked.files, "imported-internal.db"), "first");
  assert.deepEqual(checked.leftOut, [
    "plugins/evil.py",
    "../../lib/evil.py",
    "imported-internal.db",
  ]);
  const record = { ...RECORD, generation: "", owner: "", size: 6, origin: "import" };
  assert.deepEqual(checked.instance, record);
});

test("state.json is written anew, with what is known", async () => {
  const given = structuredClone(STATE);
  given.later = 1;
  given.sources[0].later = { a: 1 };
  given.sources[0].origin.later = "x";
  const json = `{"format": 9, "format": 1, ${JSON.stringify(given).slice(1)}`;
  const { files, leftOut } = await checkedImport(RECORD, [file("state.json", json)]);
  assert.deepEqual(JSON.parse(await textOf(files, "state.json")), STATE);
  assert.deepEqual(leftOut, []);
});

test("a state.json that is not as it should be is left out", async () => {
  /** @type {Array<(state: any) => any>} */
  const changes = [
    (state) => ({ ...state, format: 99 }),
    (state) => ({ ...state, databases: "data" }),
    (state) => ({ ...state, databases: [5] }),
    (state) => ({ ...state, csv_database: {} }),
    (state) => ({ ...state, sources: {} }),
    () => null,
    () => [],
    (state) => ((state.sources[0].id = "../../x"), state),
    (state) => ((state.sources[0].id = 1), state),
    (state) => ((state.sources[0].origin.url = "javascript:alert(1)"), state),
    (state) => ((state.sources[0].origin.loadedAt = 1e18), state),
    (state) => ((state.sources[0].origin.loadedAt = "now"), state),
    (state) => ((state.sources[0].origin = null), state),
    (state) => ((state.sources[0].options = []), state),
    (state) => ((state.sources[0].options = JSON.parse('{"__proto__": 1}')), state),
    (state) => ((state.sources[0].options = { a: { b: { c: { d: { e: 1 } } } } }), state),
    (state) => ((state.sources[0].added = [{ database: "data" }]), state),
    (state) => ((state.sources[0].url = "\ud800"), state),
    (state) => delete state.sources[0].parameter && state,
  ];
  for (const change of changes) {
    const json = JSON.stringify(change(structuredClone(STATE)));
    const { files, leftOut } = await checkedImport(RECORD, [file("state.json", json)]);
    assert.deepEqual([files, leftOut], [[], ["state.json"]], json);
  }
  for (const json of ["", "{", '{"format": NaN}', "[".repeat(100_000)]) {
    const { leftOut } = await checkedImport(RECORD, [file("state.json", json)]);
    assert.deepEqual(leftOut, ["state.json"]);
  }
});

test("configuration must be an object", async () => {
  const { files, leftOut } = await checkedImport(RECORD, [
    file("configuration/1.json", '{"title": "x", "title": "y"}'),
    file("configuration/2.json", "[1]"),
    file("configuration/3.json", `{"a": "${"x".repeat(5_000_000)}"}`),
  ]);
  assert.equal(await textOf(files, "configuration/1.json"), '{"title":"y"}');
  assert.deepEqual(leftOut, ["configuration/2.json", "configuration/3.json"]);
});

/** @type {Array<[string, any]>} */
const BAD_FIELDS = [
  ["key", 5],
  ["key", "%%%"],
  ["key", "__proto__"],
  ["key", "x".repeat(200_000)],
  ["format", "1"],
  ["build", {}],
  ["createdAt", -1],
  ["usedAt", 8.64e15],
  ["usedAt", 253_402_300_800_000],
  ["usedAt", 1.5],
  ["usedAt", "2026-01-01"],
  ["usedAt", null],
  ["size", -5],
  ["size", Infinity],
  ["edited", "no"],
  ["sources", {}],
  ["sources", Array.from({ length: 1001 }, () => SOURCE)],
  ["sources", [null]],
  ["sources", [{ ...SOURCE, url: "javascript:alert(1)" }]],
  ["sources", [{ ...SOURCE, url: "data:text/csv,a" }]],
  ["sources", [{ ...SOURCE, url: "//evil.test/x" }]],
  ["sources", [{ ...SOURCE, url: "https://user:pw@a.test/" }]],
  ["sources", [{ ...SOURCE, loadedAt: 1e18 }]],
  ["sources", [{ ...SOURCE, sha256: "<img>" }]],
  ["sources", [{ ...SOURCE, extra: 1 }]],
  ["toString", 1],
  ["unknown", 1],
];

test("a record that is not well-formed is refused, and the field named", async () => {
  for (const [name, value] of BAD_FIELDS) {
    const read = importedRecord({ ...RECORD, [name]: value });
    assert.ok("fault" in read, `${name}: ${String(value).slice(0, 50)}`);
    assert.ok(read.fault.startsWith(name), read.fault);
    await assert.rejects(checkedImport({ ...RECORD, [name]: value }, []), {
      message: `This workspace cannot be imported: “${read.fault}” is not valid.`,
    });
  }
  for (const name of Object.keys(RECORD)) {
    const rest = Object.entries(RECORD).filter(([other]) => other !== name);
    assert.deepEqual(importedRecord(Object.fromEntries(rest)), { fault: name });
  }
  assert.ok("fault" in importedRecord(JSON.parse('{"__proto__": {"key": ""}}')));
  for (const value of [null, 5, "x", [], new Date()]) assert.ok("fault" in importedRecord(value));
  await assert.rejects(checkedImport(RECORD, [{ path: "state.json", content: "x" }]));
  await assert.rejects(checkedImport(RECORD, {}));
});

test("what an export holds is what an import takes", () => {
  const stored = {
    ...RECORD,
    generation: "g",
    owner: "o",
    problems: [],
    sources: [SOURCE, { ...SOURCE, url: "http://[" }, { ...SOURCE, url: "data/own.csv" }],
  };
  const exported = JSON.parse(JSON.stringify(exportedRecord(stored)));
  const read = importedRecord(exported);
  assert.ok("record" in read, JSON.stringify(read));
  assert.deepEqual(
    read.record.sources.map(({ url }) => url),
    [SOURCE.url, "data/own.csv"],
  );
  // What earlier versions wrote is taken as well.
  assert.ok("record" in importedRecord({ ...RECORD, generation: "g", owner: "", ahead: ["x"] }));
});

test("addresses of sources are those the site itself writes", () => {
  for (const url of ["https://a.test/x?y=a:b\\", "http://localhost:1/x", "data/x.csv", "x?u=a:b"]) {
    assert.ok(isSourceUrl(url), url);
  }
  const bad = ["../x", "/x", "//a.test", "a:b", "HTTPS://a.test/", "https://a.test", " x:y", 5];
  for (const url of [
    ...bad,
    "https://a.test/../x",
    "java\nscript:x",
    "\\\\a",
    "blob:https://a/x",
  ]) {
    assert.ok(!isSourceUrl(url), String(url));
  }
});

test("a damaged record in the store can still be read", () => {
  const stored = { ...RECORD, generation: "g", owner: "o" };
  assert.deepEqual(readableRecord(stored), { record: stored, faults: [] });
  const { record, faults } = readableRecord({ ...stored, usedAt: 1e18, sources: [{}], size: "x" });
  assert.deepEqual(faults, ["usedAt", "size", "sources[0].parameter"]);
  assert.deepEqual([record.usedAt, record.size, record.sources], [0, 0, []]);
  assert.equal(record.generation, "g");
  for (const value of [null, 5, {}]) assert.ok(readableRecord(value).faults.length > 5);
});

test("what lies in a file, as if that were a folder, is left out", async () => {
  const paths = ["home/a/b", "home/a", "home/c/d/e", "home/c/d"];
  const { files, leftOut } = await checkedImport(
    RECORD,
    paths.map((path) => file(path)),
  );
  assert.deepEqual(
    files.map(({ path }) => path),
    ["home/a", "home/c/d"],
  );
  assert.deepEqual(leftOut, ["home/a/b", "home/c/d/e"]);
});
