/** Tests of shell/page/boot/first-rows.js and first-rows-table.js, with as much of a document as they take. */

import assert from "node:assert/strict";
import { test } from "node:test";

class FakeElement {
  children = [];

  constructor(tag) {
    this.tag = tag;
  }

  append(...children) {
    this.children.push(...children);
  }

  replaceChildren(...children) {
    this.children = children;
  }

  setAttribute(name, value) {
    this[name] = name === "hidden" ? true : value;
  }

  /** All elements with a tag, as the texts they hold. */
  texts(tag) {
    return this.children.flatMap((child) => {
      if (typeof child === "string") return [];
      return child.tag === tag ? [child.children.join("")] : child.texts(tag);
    });
  }
}

globalThis.document = { createElement: (tag) => new FakeElement(tag) };

const { FirstRows } = await import("../../../../../shell/page/boot/first-rows.js");

/** @param {string} text */
function head(text, isWhole = true) {
  return {
    url: "https://a.test/my%20birds.csv",
    options: {},
    bytes: new TextEncoder().encode(text),
    isWhole,
  };
}

test("rows are shown, and more of them when more have come", async () => {
  const rows = new FirstRows();
  assert.equal(rows.box.hidden, true);
  await rows.show(head("a,b\n1,2\n", false));
  assert.equal(rows.box.hidden, false);
  assert.deepEqual(rows.box.texts("span"), ["First rows of my birds.csv, as they arrive"]);
  assert.deepEqual(
    [rows.box.texts("th"), rows.box.texts("td")],
    [
      ["a", "b"],
      ["1", "2"],
    ],
  );
  await rows.show(head("a,b\n1,2\n3,4\n", false));
  assert.deepEqual(rows.box.texts("td"), ["1", "2", "3", "4"]);
  // A worker that is asked twice sends the shorter one again.
  await rows.show(head("a,b\n1,2\n", false));
  assert.deepEqual(rows.box.texts("td"), ["1", "2", "3", "4"]);
});

test("what is cleared stays hidden until a start shows it again", async () => {
  const rows = new FirstRows();
  const late = rows.show(head("a,b\n1,2\n"));
  rows.clear();
  await late;
  assert.deepEqual([rows.box.hidden, rows.box.children], [true, []]);
  await rows.show(head("a,b\n1,2\n"));
  assert.equal(rows.box.hidden, false);
});

test("what may be wrong is not shown", async () => {
  const rows = new FirstRows();
  await rows.show(head("Report\n\na,b\n1,2\n"));
  assert.equal(rows.box.hidden, true);
});

test("long values are shortened, between characters", async () => {
  const rows = new FirstRows();
  const long = "🦉".repeat(200);
  await rows.show(head(`a,b\n${long},"x\n\n  y"\n`));
  const [shortened, spaced] = rows.box.texts("td");
  assert.equal(shortened, `${"🦉".repeat(79)}…`);
  assert.equal(spaced, "x y");
});

test("many columns are counted, not shown", async () => {
  const rows = new FirstRows();
  const line = Array.from({ length: 10 }, (_, at) => `c${at}`).join();
  await rows.show(head(`${line}\n${line}\n`));
  assert.equal(rows.box.texts("th").length, 8);
  assert.deepEqual(rows.box.texts("p"), ["and 2 more columns"]);
});
