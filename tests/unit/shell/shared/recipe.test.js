import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appOf,
  embedding,
  embeddingOf,
  isForOwnFiles,
  keyToRecipe,
  launcherLink,
  newKeyForOwnApp,
  newKeyForOwnFiles,
  packagesOf,
  parseLink,
  recipeToKey,
  settingsOf,
  sourcesOf,
  withoutEmbedding,
} from "../../../../shell/shared/recipe.js";

const ROOT = new URL("https://example.org/some/sub/path/");
const read = (link) => parseLink(new URL(link, ROOT).href, ROOT);

test("sources keep their order and come before options, databases before tables", () => {
  const link =
    "?memory=1&csv=https://a.test/1.csv&url=https://a.test/x.db&csv=https://a.test/2.csv";
  assert.deepEqual(read(link).recipe, [
    ["url", "https://a.test/x.db"],
    ["csv", "https://a.test/1.csv"],
    ["csv", "https://a.test/2.csv"],
    ["memory", "1"],
  ]);
});

for (const [written, expected] of [
  ["datasette-x == 1", "datasette-x==1"],
  ["datasette-x @ HTTPS://a.test/b/../x.whl", "datasette-x @ https://a.test/x.whl"],
  ["https://example.org/some/sub/path/wheels/y.whl", "wheels/y.whl"],
  // What cannot be read stays, for the worker to say so.
  ["datasette-x @ //a.test/x.whl", "datasette-x @ //a.test/x.whl"],
  ["//a.test/x.whl", "//a.test/x.whl"],
]) {
  test(`to install “${written}” is to install ${expected}`, () => {
    const { recipe } = read(`?install=${encodeURIComponent(written)}`);
    assert.deepEqual(recipe, [["install", expected]]);
    assert.deepEqual(keyToRecipe(recipeToKey(recipe)), recipe);
  });
}

test("the hash is the page inside the instance, its query included", () => {
  const { path } = read("?csv=https://a.test/t.csv#/data/t?_facet=x&_sort=y%2Fz");
  assert.equal(path, "data/t?_facet=x&_sort=y%2Fz");
});

for (const [link, expected] of [
  // Escaped as links should be: decoded once.
  ["?csv=https%3A%2F%2Fa.test%2Fx%2520y.csv", "https://a.test/x%20y.csv"],
  ["?csv=https%3A%2F%2Fa.test%2Frefs%252Fconvert%2Ft.csv", "https://a.test/refs%2Fconvert/t.csv"],
  // Pasted as it stands: %2F and + mean themselves.
  ["?csv=https://a.test/refs%2Fconvert/t.csv", "https://a.test/refs%2Fconvert/t.csv"],
  ["?csv=https://a.test/a+b.csv", "https://a.test/a+b.csv"],
  ["?csv=https://a.test/t.csv?x=1", "https://a.test/t.csv?x=1"],
  ["?csv=https://a.test/t.csv%3Fx=1%26y=2", "https://a.test/t.csv?x=1&y=2"],
  // What the site itself holds is named relative to its root, wherever that is.
  ["?csv=data/t.csv", "data/t.csv"],
  ["?csv=./data/t.csv", "data/t.csv"],
  ["?csv=https://example.org/some/sub/path/data/t.csv", "data/t.csv"],
  ["?csv=/elsewhere.csv", "https://example.org/elsewhere.csv"],
  [
    "?csv=https://github.com/owner/repo/blob/main/a%20b.csv",
    "https://raw.githubusercontent.com/owner/repo/main/a%20b.csv",
  ],
]) {
  test(`${link} means ${expected}`, () => {
    assert.deepEqual(read(link).recipe, [["csv", expected]]);
  });
}

test("a link with nothing to open has an empty recipe", () => {
  assert.deepEqual(read("?csv=&utm_source=x").recipe, []);
  assert.deepEqual(read("?memory=0").recipe, []);
  assert.equal(recipeToKey([]), "");
});

test("packages come after sources and settings, each once, and one version of Datasette", () => {
  const query =
    "?temporary=1&install=datasette-vega&ref=1.0a1&install=https://github.com/a/b/blob/main/x-1-py3-none-any.whl" +
    "&install=datasette-vega&install=wheels/y-1-py3-none-any.whl&ref=pre&json=https://a.test/x.json";
  const { recipe } = read(query);
  assert.deepEqual(recipe, [
    ["json", "https://a.test/x.json"],
    ["install", "datasette-vega"],
    ["install", "https://raw.githubusercontent.com/a/b/main/x-1-py3-none-any.whl"],
    ["install", "wheels/y-1-py3-none-any.whl"],
    ["ref", "pre"],
    ["temporary", "1"],
  ]);
  assert.deepEqual(packagesOf(recipe), {
    install: recipe.filter(([name]) => name === "install").map(([, value]) => value),
    ref: "pre",
  });
  assert.deepEqual(packagesOf([]), { install: [], ref: "" });
  assert.deepEqual(keyToRecipe(recipeToKey(recipe)), recipe);
});

test("sources of all kinds are opened in the order of the first Datasette Lite", () => {
  const kinds = ["config", "excel", "parquet", "metadata", "json", "csv", "sql", "url"];
  const query = kinds.map((kind) => `${kind}=https://a.test/${kind}`).join("&");
  assert.deepEqual(
    read(`?memory=1&${query}`).recipe.map(([name]) => name),
    ["url", "sql", "csv", "json", "parquet", "excel", "metadata", "config", "memory"],
  );
});

const A = "https://a.test/a.csv";
const B = "https://a.test/b.csv";

for (const [link, expected] of [
  [`?csv=${A}&name=x&csv=${B}`, [{ name: "x" }, {}]],
  [`?csv=${A}&csv=${B}&skiprows=2`, [{}, { skiprows: 2 }]],
  // Before the first source: of all of them. What is said of one outdoes it, columns add up.
  [
    `?skiprows=1&drop=z&csv=${A}&skiprows=3&csv=${B}&drop=y`,
    [
      { drop: ["z"], skiprows: 3 },
      { drop: ["z", "y"], skiprows: 1 },
    ],
  ],
  [`?csv=${A}&fts=true`, [{ fts: ["*"] }]],
  [`?csv=${A}&fts=1&fts=a`, [{ fts: ["*"] }]],
  [`?csv=${A}&pk=a,b&drop=c&drop=d, c`, [{ pk: ["a", "b"], drop: ["c", "d"] }]],
  // Python tells of it.
  [`?csv=${A}&skiprows=many`, [{ skiprows: "many" }]],
  [`?csv=${A}&skiprows=0`, [{ skiprows: 0 }]],
  [
    `?csv=${A}&quote=none&escape=%5C&comment=%23&decimal=,&thousands=.&null=NA,-&null=x&dates=dmy`,
    [
      {
        ...{ quote: "none", escape: "\\", comment: "#", decimal: ",", thousands: "." },
        ...{ null: ["NA", "-", "x"], dates: "dmy" },
      },
    ],
  ],
  [
    `?csv=${A}&delimiter=tab&encoding=cp1250&header=0`,
    [{ delimiter: "tab", encoding: "cp1250", header: false }],
  ],
  [`?excel=${A}&hidden=1`, [{ hidden: true }]],
  [`?csv=${A}&pk=&name=`, [{}]],
]) {
  test(`the options of ${link}`, () => {
    const { recipe } = read(link);
    assert.deepEqual(
      sourcesOf(recipe).map(({ options }) => options),
      expected,
    );
    assert.deepEqual(keyToRecipe(recipeToKey(recipe)), recipe);
  });
}

test("options stay with their source when sources are put in order", () => {
  const link = `?csv=${A}&name=t&fts=a,b&url=https://a.test/x.db&name=d`;
  assert.deepEqual(read(link).recipe, [
    ["url", "https://a.test/x.db"],
    ["name", "d"],
    ["csv", A],
    ["name", "t"],
    ["fts", "a"],
    ["fts", "b"],
  ]);
});

test("the same options make the same key, however they are written", () => {
  const keys = [
    `?csv=${A}&fts=a,b&pk=id`,
    `?pk=id&csv=${A}&fts=a&fts=b`,
    `?fts=a&fts=b&csv=${A}&pk=id,id`,
  ].map((link) => recipeToKey(read(link).recipe));
  assert.equal(new Set(keys).size, 1);
});

test("metadata and config are no sources", () => {
  const { recipe } = read("?metadata=data/m.json&config=https://a.test/datasette.yaml");
  assert.deepEqual(sourcesOf(recipe), []);
  assert.deepEqual(settingsOf(recipe), [
    { parameter: "metadata", value: "data/m.json", options: {} },
    { parameter: "config", value: "https://a.test/datasette.yaml", options: {} },
  ]);
});

test("keys from before there were options stay what they were", () => {
  // As earlier versions wrote it.
  const key = "dXJsPWRhdGElMkZ4LmRiJmNzdj1odHRwcyUzQSUyRiUyRmEudGVzdCUyRnQuY3N2Jm1lbW9yeT0x";
  /** @type {Array<[string, string]>} */
  const recipe = [
    ["url", "data/x.db"],
    ["csv", "https://a.test/t.csv"],
    ["memory", "1"],
  ];
  assert.deepEqual(keyToRecipe(key), recipe);
  assert.equal(recipeToKey(recipe), key);
});

test("a key whose recipe is not in canonical order is refused", () => {
  for (const pairs of [
    [
      ["csv", A],
      ["url", "x"],
    ],
    [["name", "x"]],
    [
      ["csv", A],
      ["fts", "a,b"],
    ],
  ]) {
    assert.throws(() => keyToRecipe(recipeToKey(pairs)), { name: "LiteError" });
  }
});

test("a key is URL-safe and gives the recipe back, whatever the URLs contain", () => {
  /** @type {Array<[string, string]>} */
  const recipe = [
    ["url", "https://a.test/ünïcode%2F~/?a=b&c=d#e+f"],
    ["csv", `https://a.test/${"x".repeat(500)}?>>>`],
    ["memory", "1"],
  ];
  const key = recipeToKey(recipe);
  assert.match(key, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(keyToRecipe(key), recipe);
});

test("a launcher link and the recipe it came from are the same thing", () => {
  const link = "?csv=https%3A%2F%2Fa.test%2Frefs%252Fx.csv#/data/x?_facet=y";
  const { recipe, path } = read(link);
  assert.deepEqual(read(launcherLink(recipe, path, ROOT)), { recipe, path });
});

for (const key of ["!", "AAAA", "Y3N2PQ=", "Zm9vPWJhcg", "_w", `${recipeToKey([["csv", "x"]])}A`]) {
  test(`the key ${key} is refused in a sentence`, () => {
    assert.throws(() => keyToRecipe(key), { name: "LiteError", message: /does not describe/ });
  });
}

test("a spelling of a key other than the canonical one is refused: one recipe, one instance", () => {
  const loose = btoa("csv=https://a.test/x.csv").replace(/=+$/, "");
  assert.throws(() => keyToRecipe(loose), { name: "LiteError" });
});

test("files of one's own get a key that is random and nothing else", () => {
  const keys = new Set(Array.from({ length: 100 }, newKeyForOwnFiles));
  assert.equal(keys.size, 100);
  for (const key of keys) {
    const [[name, value], ...more] = keyToRecipe(key);
    assert.deepEqual([name, more], ["files", []]);
    assert.match(value, /^[\w-]{22}$/); // 128 bits
    assert.ok(isForOwnFiles(keyToRecipe(key)));
    assert.deepEqual(sourcesOf(keyToRecipe(key)), []);
  }
});

test("what is not random is no key for files of one's own", () => {
  for (const value of ["1", "AAAAAAAAAAAAAAAAAAAAAB", "A".repeat(23), `${"A".repeat(21)}=`]) {
    assert.deepEqual(read(`?files=${value}`).recipe, [], value);
    assert.throws(() => keyToRecipe(recipeToKey([["files", value]])), { name: "LiteError" });
  }
  assert.deepEqual(read(`?files=${"A".repeat(22)}`).recipe, [["files", "A".repeat(22)]]);
});

test("names of prototypes are parameters like any other unknown one", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.deepEqual(read(`?${name}=1&csv=https://a.test/x.csv&${name}=2`).recipe, [
      ["csv", "https://a.test/x.csv"],
    ]);
    assert.throws(() => keyToRecipe(recipeToKey([[name, "1"]])), { name: "LiteError" });
    const [{ options }] = sourcesOf(read(`?csv=https://a.test/x.csv&name=${name}`).recipe);
    assert.equal(options.name, name);
  }
  assert.equal({}.polluted, undefined);
});

test("a link to be embedded names a workspace of its own", () => {
  const reading = read("?embed=1&csv=https://a.test/1.csv").recipe;
  assert.deepEqual(reading, [
    ["csv", "https://a.test/1.csv"],
    ["embed", "1"],
  ]);
  assert.equal(embedding(reading), "read");
  assert.equal(embeddingOf(recipeToKey(reading)), "read");
  assert.deepEqual(keyToRecipe(recipeToKey(reading)), reading);
  assert.equal(embedding(read("?embed=edit").recipe), "edit");
  // Whatever else it says, nobody may change anything.
  assert.equal(embedding(read("?embed=EDIT").recipe), "read");
  assert.equal(embedding(read("?embed=yes").recipe), "read");
  assert.equal(embedding(read("?embed=edit&embed=1").recipe), "read");
  assert.equal(embedding(read("?embed=0&csv=https://a.test/1.csv").recipe), undefined);
});

test("no other workspace is made to be embedded", () => {
  assert.equal(embeddingOf(""), undefined);
  assert.equal(embeddingOf("not a key"), undefined);
  assert.equal(embeddingOf(recipeToKey([["csv", "https://a.test/embed=1"]])), undefined);
  // Only the canonical form of a recipe is a key.
  const twice = recipeToKey([
    ["embed", "1"],
    ["csv", "https://a.test/1.csv"],
  ]);
  assert.equal(embeddingOf(twice), undefined);
});

test("in a tab the same data opens without that", () => {
  const { recipe } = read("?csv=https://a.test/1.csv&embed=edit");
  assert.deepEqual(withoutEmbedding(recipe), [["csv", "https://a.test/1.csv"]]);
});

test("an app comes after the data and before the packages, once, with its entry", () => {
  const link =
    "?install=jinja2&entry=x:y&app=https://a.test/b.py&entry=main:app&app=c.py&private=1";
  const { recipe } = read(link);
  assert.deepEqual(recipe, [
    ["app", "https://a.test/b.py"],
    ["entry", "main:app"],
    ["install", "jinja2"],
    ["private", "1"],
  ]);
  assert.deepEqual(keyToRecipe(recipeToKey(recipe)), recipe);
  assert.deepEqual(appOf(recipe), { code: "https://a.test/b.py", entry: "main:app" });
});

test("an address of an app is read like one of data", () => {
  assert.deepEqual(read("?app=https://example.org/some/sub/path/apps/x.py").recipe, [
    ["app", "apps/x.py"],
  ]);
  const page = "https://github.com/o/r/blob/main/x.py";
  assert.deepEqual(appOf(read(`?app=${page}`).recipe), {
    code: "https://raw.githubusercontent.com/o/r/main/x.py",
    entry: "",
  });
});

test("the key of a person's own app names its file and its entry, and cannot be guessed", () => {
  const key = newKeyForOwnApp("shop.zip", "shop.web:app");
  const recipe = keyToRecipe(key);
  assert.deepEqual(appOf(recipe), { code: "shop.zip", entry: "shop.web:app" });
  assert.ok(isForOwnFiles(recipe));
  assert.notEqual(newKeyForOwnApp("shop.zip", "shop.web:app"), key);
  assert.deepEqual(appOf(keyToRecipe(newKeyForOwnApp("x.py", ""))), { code: "x.py", entry: "" });
});

test("an entry without an app means nothing", () => {
  assert.deepEqual(read("?entry=main:app").recipe, []);
  assert.equal(appOf([["csv", "x.csv"]]), undefined);
});
