/**
 * Tests of shell/page/boot/read-first-rows.js. That Python reads the same rows is checked by
 * tests/unit/engine/importing/test_first_rows.py.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { MOST_ROWS, readFirstRows } from "../../../../../shell/page/boot/read-first-rows.js";

/** @param {string | Uint8Array} data */
function read(data, options = {}, isWhole = true) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return readFirstRows({ url: "https://a.test/x.csv", bytes, isWhole, options });
}

const AB = { columns: ["a", "b"], rows: [["1", "2"]] };

for (const [what, data, options] of /** @type {Array<[string, any, object?]>} */ ([
  ["commas", "a,b\n1,2\n"],
  ["tabs", "a\tb\n1\t2\n"],
  ["semicolons", "a;b\r\n1;2\r\n"],
  ["no newline at the end", "a,b\n1,2"],
  ["a byte order mark", "\ufeffa,b\n1,2\n"],
  ["UTF-16", Buffer.from("\ufeffa,b\n1,2\n", "utf16le")],
  ["a delimiter by its name", "a:b\n1:2\n", { delimiter: ":" }],
  ["a delimiter by a word", "a b\n1 2\n", { delimiter: "space" }],
  ["Excel's line for it", "sep=:\na:b\n1:2\n"],
  ["lines above", "title\n\na,b\n1,2\n", { skiprows: 2 }],
  ["a column to drop", "a,x,b\n1,9,2\n", { drop: ["x"] }],
  ["options that change no rows", "a,b\n1,2\n", { name: "t", pk: ["a"], fts: ["*"], dates: "dmy" }],
])) {
  test(`rows are read: ${what}`, async () => assert.deepEqual(await read(data, options), AB));
}

test("values may hold delimiters, quotation marks, lines and markup", async () => {
  const data = 'a,b\n"x, y","say ""hi"""\n"two\nlines",<b>\n';
  assert.deepEqual((await read(data)).rows, [
    ["x, y", 'say "hi"'],
    ["two\nlines", "<b>"],
  ]);
});

test("values that are missing at the end of a row are empty", async () => {
  assert.deepEqual((await read("a,b\n1\n2,3\n")).rows, [
    ["1", ""],
    ["2", "3"],
  ]);
});

test("the link says whether there is a header", async () => {
  assert.deepEqual(await read("1,1\n3,4\n", { header: false }), {
    columns: ["untitled_1", "untitled_2"],
    rows: [
      ["1", "1"],
      ["3", "4"],
    ],
  });
});

test("the link says which encoding it is", async () => {
  const data = Buffer.from("name,b\nZo\xeb,2\n", "latin1");
  assert.deepEqual((await read(data, { encoding: "cp1252" })).rows, [["Zoë", "2"]]);
  assert.equal(await read(data), undefined);
  assert.equal(await read(data, { encoding: "no such encoding" }), undefined);
});

test("only the first rows are read, of them only whole lines", async () => {
  const many = `a,b\n${"1,2\n".repeat(1000)}`;
  assert.equal((await read(many)).rows.length, MOST_ROWS);
  assert.deepEqual(await read("a,b\n1,2\n3", {}, false), AB);
  assert.deepEqual(await read('a,b\n1,2\n"open\nvalue', {}, false), AB);
  assert.deepEqual(await read(Buffer.from("a,b\n1,2\n€").subarray(0, -1), {}, false), AB);
  assert.equal(await read("a,b\n1,", {}, false), undefined);
});

test("a packed file is read as far as it has come", async () => {
  assert.deepEqual(await read(gzipSync("a,b\n1,2\n")), AB);
  const lines = Array.from({ length: 4000 }, (_, at) => `${at},${(at * 7919) % 10007}`);
  const packed = gzipSync(`a,b\n${lines.join("\n")}\n`);
  const { rows } = await read(packed.subarray(0, 2000), {}, false);
  assert.deepEqual([rows.length, rows[1]], [MOST_ROWS, ["1", "7919"]]);
  assert.equal(await read(packed.subarray(0, 12), {}, false), undefined);
  assert.equal(await read(gzipSync('[{"a": 1}]')), undefined);
});

for (const [what, data, options] of /** @type {Array<[string, any, object?]>} */ ([
  ["nothing", ""],
  ["white space", " \n\n "],
  ["only a header", "a,b\n"],
  ["a web page", "<div>\na,b\n1,2\n"],
  ["JSON", '[\n{"a": 1, "b": 2},\n{"a": 3, "b": 4}]'],
  ["a title", "Report\n\na,b\n1,2\n"],
  ["a padded title", "Report,,\n,,\na,b,c\n1,2,3\n"],
  ["comments", "# a, b\na,b\n1,2\n"],
  ["backslashes that escape", 'a,b\n"say \\"hi\\"",2\n'],
  ["rows wider than the header", "a,b\n1,2,3\n"],
  ["quotation marks among tabs", 'a\tb\n"1\t2\n'],
  ["quotation marks that are no end", 'a,b\n"x"y,2\n'],
  ["two delimiters that fit", "a;b,c\n1;2,3\n"],
  ["NUL", "a,b\n1,\0\n"],
  ["two columns with the same name", "a,A\n1,2\n"],
  ["no column that is not dropped", "a,b\n1,2\n", { drop: ["a", "b"] }],
  ["an option that only Python knows", "a,b\n1,2\n", { quote: "none" }],
  ["skiprows that is no number", "a,b\n1,2\n", { skiprows: "two" }],
  ["a delimiter that is none", "a,b\n1,2\n", { delimiter: "::" }],
])) {
  test(`no rows are read: ${what}`, async () => {
    assert.equal(await read(data, options), undefined);
  });
}
