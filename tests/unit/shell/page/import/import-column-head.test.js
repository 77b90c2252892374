/** Renaming a column in the preview, with as much of a document as that takes. */

import assert from "node:assert/strict";
import { test } from "node:test";

/** The element that has the focus. */
let focused;

class FakeElement extends EventTarget {
  attributes = new Map();
  children = [];
  classList = { add() {}, remove() {} };

  get firstElementChild() {
    return this.children[0];
  }

  append(...children) {
    this.children.push(...children);
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (name === "value") this.value = value;
    if (name === "checked") this.checked = true;
  }

  remove() {}

  focus() {
    focused = this;
  }

  select() {
    focused = this;
  }
}

globalThis.document = { createElement: () => new FakeElement() };

const { columnHead } = await import("../../../../../shell/page/import/import-column-head.js");

/** The head of a column that is being renamed. */
function renaming() {
  const names = ["drop", "pk", "fts"].map((name) => [name, new Set()]);
  const choices = { rename: new Map(), types: new Map(), ...Object.fromEntries(names) };
  const head = columnHead({ name: "price", type: "integer" }, choices, false, () => {});
  const title = head.children[0];
  const button = title.children[1];
  button.dispatchEvent(new Event("click"));
  const input = title.children[2];
  assert.equal(focused, input);
  input.value = " euros ";
  return { choices, button, input };
}

test("a click elsewhere ends the renaming of a column, and keeps the focus", () => {
  const { choices, input } = renaming();
  const other = new FakeElement();
  other.focus();
  input.dispatchEvent(new Event("blur"));
  assert.equal(choices.rename.get("price"), "euros");
  assert.equal(focused, other);
});

for (const [key, name] of [
  ["Enter", "euros"],
  ["Escape", undefined],
]) {
  test(`${key} ends the renaming of a column, and the focus returns`, () => {
    const { choices, button, input } = renaming();
    input.dispatchEvent(Object.assign(new Event("keydown"), { key }));
    assert.equal(choices.rename.get("price"), name);
    assert.equal(focused, button);
  });
}
