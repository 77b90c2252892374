/** Tests of shell/shared/embed-messages.js: only exact messages are heard. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  embedMessage,
  frameName,
  readReport,
  readRequest,
  themeOfFrame,
} from "../../../../shell/shared/embed-messages.js";

const request = (/** @type {object} */ fields) => readRequest({ datasetteLite: 1, ...fields });
const report = (/** @type {object} */ fields) => readReport({ datasetteLite: 1, ...fields });

test("what one side writes, the other reads", () => {
  for (const message of [
    { type: "theme", theme: "dark" },
    { type: "navigate", path: "/data/t?_sort=a" },
    { type: "query", id: "1", database: "data", sql: "select :a", parameters: { a: "1" } },
  ]) {
    assert.deepEqual(readRequest(structuredClone(embedMessage(message))), message);
  }
  for (const message of [
    { type: "loading" },
    { type: "ready", path: "/", title: "data" },
    { type: "height", height: 300 },
    { type: "error", name: "E", message: "It failed.", hint: "" },
    { type: "result", id: "1", error: "no such table: t" },
    { type: "result", id: "1", value: { columns: ["a"], rows: [[null]], truncated: false } },
  ]) {
    assert.deepEqual(readReport(structuredClone(embedMessage(message))), message);
  }
});

test("anything else is no message", () => {
  for (const data of [
    undefined,
    null,
    "theme",
    7,
    [],
    {},
    { type: "theme", theme: "dark" },
    { datasetteLite: 2, type: "theme", theme: "dark" },
    { datasetteLite: "1", type: "theme", theme: "dark" },
    { datasetteLite: 1, type: "toString" },
    { datasetteLite: 1, type: "__proto__" },
  ]) {
    assert.equal(readRequest(data), undefined, JSON.stringify(data));
    assert.equal(readReport(data), undefined, JSON.stringify(data));
  }
});

test("a request has its fields and no others", () => {
  assert.equal(request({ type: "theme", theme: "blue" }), undefined);
  assert.equal(request({ type: "navigate" }), undefined);
  assert.equal(request({ type: "navigate", path: { href: "javascript:" } }), undefined);
  assert.equal(request({ type: "navigate", path: "x".repeat(100_001) }), undefined);
  const query = { type: "query", id: "1", database: "d", sql: "select 1" };
  assert.deepEqual(request(query), { ...query, parameters: {} });
  assert.equal(request({ ...query, id: 1 }), undefined);
  assert.equal(request({ ...query, sql: ["select 1"] }), undefined);
  for (const parameters of [["a"], "a", { a: 1 }, { a: null }, { a: {} }]) {
    assert.equal(request({ ...query, parameters }), undefined, JSON.stringify(parameters));
  }
  const read = request({ ...query, more: "x", __proto__: { path: "x" } });
  assert.deepEqual(Object.keys(read ?? {}).sort(), ["database", "id", "parameters", "sql", "type"]);
});

test("a report has its fields and no others", () => {
  assert.equal(report({ type: "ready", path: "/" }), undefined);
  for (const height of [-1, NaN, Infinity, "300", null]) {
    assert.equal(report({ type: "height", height }), undefined, String(height));
  }
  assert.deepEqual(report({ type: "height", height: 1e9 }), { type: "height", height: 20_000 });
  assert.deepEqual(report({ type: "height", height: 10.2 }), { type: "height", height: 11 });
  assert.equal(report({ type: "error", name: "E", message: "It failed." }), undefined);
  for (const value of [null, {}, { columns: [1], rows: [] }, { columns: [], rows: [1] }]) {
    assert.equal(report({ type: "result", id: "1", value }), undefined, JSON.stringify(value));
  }
});

test("a frame's name says how its pages look", () => {
  assert.equal(themeOfFrame(frameName("dark")), "dark");
  for (const name of ["", "dark", "datasette-lite", "datasette-lite blue", "other dark"]) {
    assert.equal(themeOfFrame(name), undefined, name);
  }
});
