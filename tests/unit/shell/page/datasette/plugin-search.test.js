import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exactVersion,
  isFound,
  packageName,
  requirementIn,
} from "../../../../../shell/page/datasette/plugin-search.js";

for (const [typed, expected] of [
  ["datasette-vega", "datasette-vega"],
  ["  Datasette_Vega ", "Datasette_Vega"],
  ["datasette-vega==0.6.2", "datasette-vega==0.6.2"],
  ["datasette-vega == 0.6.2", "datasette-vega==0.6.2"],
  ["datasette-vega>=0.6,<1", "datasette-vega>=0.6,<1"],
  ["datasette-x[extra]==1.0a3", "datasette-x[extra]==1.0a3"],
  ["https://a.test/x-1-py3-none-any.whl", "https://a.test/x-1-py3-none-any.whl"],
  ["https://a.test/x-1-py3-none-any.whl?raw=1", "https://a.test/x-1-py3-none-any.whl?raw=1"],
  ["https://a.test/x-1.tar.gz", null],
  ["x-1-py3-none-any.whl", null],
  ["", null],
  ["-", null],
  ["a map of my data", null],
  ["datasette-vega==", null],
  ["../x", null],
  ["x; import os", null],
  ["javascript:alert(1)", null],
]) {
  test(`“${typed}” asks for ${expected}`, () => assert.equal(requirementIn(typed), expected));
}

test("an exact version is one that leaves no choice", () => {
  assert.equal(exactVersion("datasette-x==1.0a3"), "1.0a3");
  assert.equal(exactVersion("datasette-x[extra]== 2"), "2");
  for (const requirement of ["datasette-x", "datasette-x>=1", "x==1.*", "x>=1,==1.2"]) {
    assert.equal(exactVersion(requirement), "");
  }
});

test("a package is known by its name, however that is written", () => {
  for (const requirement of ["Datasette_Vega", "datasette.vega==1", "datasette-vega[x]>=1"]) {
    assert.equal(packageName(requirement), "datasette-vega");
  }
  assert.equal(packageName("https://a.test/datasette_vega-1-py3-none-any.whl"), "");
});

test("an entry is found by words in any order, in any case, and by its name with a version", () => {
  const text = "Charts datasette-vega Draws bar charts of a table.";
  for (const typed of ["", "chart", "TABLE draws", "datasette-vega", "datasette-vega==0.6.2"]) {
    assert.ok(isFound(typed, text), typed);
  }
  for (const typed of ["map", "charts map", "datasette-vegan"]) {
    assert.ok(!isFound(typed, text), typed);
  }
});
