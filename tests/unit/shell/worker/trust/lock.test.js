/** Tests of shell/worker/trust/lock.js: only what this site writes is read, and exactly as it stands. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withoutStrayFiles } from "../../../../../shell/worker/trust/imported-plugins.js";
import { parseLock } from "../../../../../shell/worker/trust/lock.js";

const ROOT = new URL("https://site.test/lite/");
const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 3000) };
const ADDRESS = "https://a.test/d/datasette_y-1.0-py3-none-any.whl";

/** As engine/packages/wheels.py writes it. */
function lock() {
  return {
    format: 1,
    asked: {
      "datasette-x==1": "datasette-x",
      Datasette_Site: "datasette-site",
      [ADDRESS]: "datasette-y",
      "?ref=1.0a40": "datasette",
      "?ref=a/Branch": "datasette",
    },
    wheels: [wheel("datasette-x"), wheel("datasette-y"), wheel("datasette"), wheel("a-library")],
    failed: { "datasette-bad": { message: "It is not there.", hint: "", retry: true } },
    removed: ["datasette-gone"],
  };
}

/** @param {string} name */
function wheel(name) {
  return {
    name,
    version: "1.0a2+local.1",
    file: `${name.replaceAll("-", "_")}-1.0-py3-none-any.whl`,
    url: ADDRESS,
    sha256: "a".repeat(64),
    size: 10,
    requires: ["a-library"],
    is_plugin: true,
  };
}

test("what this site writes is read as it stands", () => {
  for (const indent of [0, 2]) {
    assert.deepEqual(parseLock(JSON.stringify(lock(), null, indent), ROOT), lock());
  }
  // As Python writes it, with blanks.
  const python = JSON.stringify(lock()).replaceAll('":', '": ').replaceAll(',"', ', "');
  assert.deepEqual(parseLock(python, ROOT), lock());
  const tricky = {
    ...lock(),
    failed: { "datasette-x": { message: '"a": "b\\": c', hint: '":":', retry: false } },
  };
  assert.deepEqual(parseLock(JSON.stringify(tricky), ROOT), tricky);
});

/** @param {(changed: any) => void} change */
function changed(change) {
  const made = lock();
  change(made);
  return JSON.stringify(made);
}

/** @param {Record<string, unknown>} more */
const withWheel = (more) => changed((made) => Object.assign(made.wheels[0], more));

for (const [name, text] of Object.entries({
  "that is no JSON": "{",
  "with NaN in it": JSON.stringify(lock()).replace('"size":10', '"size":NaN'),
  "with Infinity in it": JSON.stringify(lock()).replace('"size":10', '"size":Infinity'),
  "with a key that is there twice": JSON.stringify(lock()).replace(
    '"asked":{',
    '"asked":{},"asked":{',
  ),
  "with a requirement that is there twice": JSON.stringify(lock()).replace(
    '"asked":{',
    '"asked":{"datasette-x==1":"datasette-x",',
  ),
  "that is a list": "[]",
  "that is null": "null",
  "of another format": changed((made) => (made.format = 2)),
  "with a format that is a text": changed((made) => (made.format = "1")),
  "with a field that is not known": changed((made) => (made.more = 1)),
  "with a field less": changed((made) => delete made.removed),
  "with __proto__": JSON.stringify(lock()).replace('"removed"', '"__proto__":{},"removed"'),
  "that asks for a list of pairs": changed((made) => (made.asked = Object.entries(made.asked))),
  "that asks for null": changed((made) => (made.asked = null)),
  "that asks for a text": changed((made) => (made.asked = "datasette-x")),
  "with an address that is not canonical": changed(
    (made) => (made.asked["HTTPS://h/a/../x.whl"] = "datasette-x"),
  ),
  "with a version that is not canonical": changed((made) => (made.asked["?ref=V1"] = "datasette")),
  "with a requirement that is __proto__": JSON.stringify(lock()).replace(
    '"asked":{',
    '"asked":{"__proto__":"datasette-x",',
  ),
  "with a trusted name for something else": changed(
    (made) => (made.asked["datasette-vega"] = "datasette-x"),
  ),
  "with another package for a Datasette": changed(
    (made) => (made.asked["?ref=pre"] = "datasette-x"),
  ),
  "with a name that is a list": changed((made) => (made.asked["datasette-x"] = ["datasette-x"])),
  "with a name that is not canonical": withWheel({ name: "Datasette_X" }),
  "with a name that is very long": withWheel({ name: "x".repeat(101) }),
  "with two wheels of one name": changed((made) => made.wheels.push(wheel("datasette-x"))),
  "with two names of one file": changed((made) =>
    made.wheels.push({ ...wheel("datasette-z"), file: made.wheels[0].file }),
  ),
  "with wheels that are an object": changed((made) => (made.wheels = {})),
  "with a wheel that is a text": changed((made) => (made.wheels[0] = "datasette-x")),
  "with a field of a wheel that is not known": withWheel({ entry: "x" }),
  "with a file elsewhere": withWheel({ file: "../../x.whl" }),
  "with a file that is hidden": withWheel({ file: ".x.whl" }),
  "with a file that is no wheel": withWheel({ file: "x.py" }),
  "with a file whose name reads backwards": withWheel({ file: "x\u202e.whl" }),
  "with a hash in capitals": withWheel({ sha256: "A".repeat(64) }),
  "with a hash that is a list": withWheel({ sha256: ["a".repeat(64)] }),
  "with a short hash": withWheel({ sha256: "a" }),
  "with a size that is a text": withWheel({ size: "10" }),
  "with a size that is negative": withWheel({ size: -1 }),
  "with an address that is code": withWheel({ url: "javascript:alert(1)" }),
  "with an address with a user": withWheel({ url: "https://datasette.io@evil.test/x.whl" }),
  "with a version that is HTML": withWheel({ version: "<b>" }),
  "with needs that are a text": withWheel({ requires: "a-library" }),
  "with a need that is a number": withWheel({ requires: [1] }),
  "with a plugin that is a 1": withWheel({ is_plugin: 1 }),
  "with a failure that is a text": changed((made) => (made.failed["datasette-x"] = "no")),
  "with a failure that says more": changed((made) => (made.failed["datasette-bad"].html = "x")),
  "with a failure that is long": changed(
    (made) => (made.failed["datasette-bad"].hint = "x".repeat(2001)),
  ),
  "with something removed that is a number": changed((made) => made.removed.push(1)),
  "with a requirement with a marker": changed(
    (made) => (made.asked["datasette-x ; python_version > '3'"] = "datasette-x"),
  ),
  "that is long": changed((made) => (made.removed = Array(501).fill("datasette-gone"))),
  "that is very long": JSON.stringify(lock()) + " ".repeat(1_000_000),
})) {
  test(`a lock ${name} is refused`, () => {
    assert.throws(() => parseLock(text, ROOT), {
      name: "PluginError",
      message:
        /^The list of this workspace’s plugins is damaged \(.+\)\. It was opened without them\.$/,
    });
  });
}

test("a name of JavaScript's own is a package like any other", () => {
  const text = changed((made) => (made.asked.constructor = "constructor"));
  assert.ok(Object.hasOwn(parseLock(text, ROOT).asked, "constructor"));
  assert.ok(!Object.hasOwn(parseLock(JSON.stringify(lock()), ROOT).asked, "constructor"));
});

const ANYTHING = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "datasette-x",
    ADDRESS,
    "a".repeat(64),
    1,
    true,
    null,
  ),
);

test("a lock with anything changed is refused, or read as it stands", () => {
  /** @type {string[][]} */
  const places = [];
  const visit = (/** @type {any} */ value, /** @type {string[]} */ path) => {
    if (path.length > 0) places.push(path);
    if (typeof value === "object") {
      for (const [name, one] of Object.entries(value)) visit(one, [...path, name]);
    }
  };
  visit(lock(), []);
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.oneof(fc.constant(undefined), fc.string(), fc.constantFrom("__proto__", "constructor")),
      ANYTHING,
      (path, name, value) => {
        /** @type {any} */
        const made = lock();
        const holder = path.slice(0, -1).reduce((one, key) => one[key], made);
        const last = name ?? /** @type {string} */ (path.at(-1));
        fc.pre(!(Array.isArray(holder) && last === "length")); // JSON has no such thing
        Object.defineProperty(holder, last, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
        const text = JSON.stringify(made);
        let read;
        try {
          read = parseLock(text, ROOT);
        } catch (error) {
          assert.equal(/** @type {Error} */ (error).name, "PluginError");
          return;
        }
        assert.deepEqual(Object.keys(read).sort(), Object.keys(lock()).sort());
        assert.equal(JSON.stringify(read), JSON.stringify(JSON.parse(text)));
      },
    ),
    RUNS,
  );
});

test("any text at all is refused with a sentence", () => {
  const [start, end] = [JSON.stringify(lock()).slice(0, 60), JSON.stringify(lock()).slice(60)];
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ unit: "binary" })), (text) => {
      for (const one of [text, start + text + end]) {
        try {
          parseLock(one, ROOT);
        } catch (error) {
          assert.equal(/** @type {Error} */ (error).name, "PluginError");
        }
      }
    }),
    RUNS,
  );
});

test("of an imported folder of plugins only the lock and its wheels are kept", async () => {
  const wheels = lock().wheels.map(({ file }) => `plugins/wheels/${file}`);
  const stray = ["plugins/evil.py", "plugins/wheels/evil-1-py3-none-any.whl", "plugins/evil.pth"];
  const other = ["databases/data.db", "state.json"];
  /** @param {string[]} paths @param {string} content */
  const kept = async (paths, content) => {
    const files = paths.map((path) => ({ path, content: new Blob([content]) }));
    return (await withoutStrayFiles(files, ROOT)).map(({ path }) => path);
  };
  const all = ["plugins/lock.json", ...wheels, ...stray, "plugins/wheels/evil.so", ...other];
  assert.deepEqual(await kept(all, JSON.stringify(lock())), [
    "plugins/lock.json",
    ...wheels,
    ...other,
  ]);
  assert.deepEqual(await kept(all, "{"), ["plugins/lock.json", ...other]);
  assert.deepEqual(await kept([...stray, ...other], "{"), other);
});
