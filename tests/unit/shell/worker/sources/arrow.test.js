/** Tests of shell/worker/sources/arrow.js: what becomes of Arrow's types, in every form of the format. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnFromArray, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import { recognise } from "../../../../../shell/shared/file-kinds.js";
import { FORMS, LINKED, TYPES } from "../../../../support/arrow_files.js";
import { inflated, rowsOf } from "../../../../support/row_readers.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { distinctNames } = await importWorkerModule("shell/worker/sources/plain-values.js");
const { openArrow } = await importWorkerModule("shell/worker/sources/arrow.js");

test("every type becomes what SQLite and JSON can hold", async () => {
  const reader = await openArrow(new Blob([inflated(TYPES)]), "x.arrow");
  const columns = JSON.parse(reader.columns);
  const rows = await rowsOf(reader);
  assert.equal(rows.length, 3);
  const found = Object.fromEntries(
    columns.map(({ name, type }, index) => [name, [type, ...rows.map((row) => row[index])]]),
  );
  assert.deepEqual(found, {
    id: ["integer", 1, "1152921504606846976", null],
    unsigned: ["integer", 1, "18446744073709551615", null],
    x: ["float", 0.5, "inf", null],
    half: ["float", 0.5, -2, null],
    name: ["text", "a", "żółw", null],
    view: ["text", "a", "longer than twelve bytes", null],
    raw: ["blob", { $base64: true, encoded: "AP8=" }, { $base64: true, encoded: "YWI=" }, null],
    yes: ["integer", true, false, null],
    day: ["text", "2024-01-31", "1969-12-31", null],
    day64: ["text", "2024-01-31", "1969-12-31", null],
    at: ["text", "2024-01-31T12:30:00.250000", "1969-12-31T23:59:59", null],
    atz: ["text", "2024-01-31T12:30:00+00:00", null, null],
    ns: ["text", "2024-01-31T12:30:00.123456789", "1970-01-01T00:00:00", null],
    time: ["text", "01:02:03.004000", "23:59:00", null],
    took: ["integer", 1500, -1, null],
    price: ["float", 123.45, -0.1, null],
    sum: ["float", "12345678901234567890.12", 1, null],
    kind: ["text", "a", "b", null],
    list: ["json", [1, "1152921504606846976"], [], null],
    point: [
      "json",
      { lat: 1.5, name: "p", when: "2024-01-31T00:00:00" },
      { lat: null, name: null, when: null },
      null,
    ],
    map: ["json", { k: 1 }, {}, null],
    nothing: ["text", null, null, null],
  });
});

for (const [form, file] of Object.entries(FORMS)) {
  test(`as ${form}`, async () => {
    const data = inflated(file);
    assert.equal(recognise(data), "arrow");
    const reader = await openArrow(data, "x.arrow");
    assert.equal(reader.count, 150);
    assert.deepEqual(reader.firstRows(2), [[1], [2]]);
    const rows = await rowsOf(reader);
    assert.deepEqual(
      rows,
      Array.from({ length: 150 }, (_, index) => [(index % 3) + 1]),
    );
    assert.equal(reader.done, reader.total);
  });
}

test("blocks of LZ4 that refer to those before them", async () => {
  const reader = await openArrow(inflated(LINKED), "x.arrow");
  const rows = await rowsOf(reader);
  assert.equal(rows.length, 60_000);
  assert.ok(rows.every(([value], index) => value === index % 9));
});

test("damaged files are an error, never another program's, and none takes long", async () => {
  const kinds = [inflated(TYPES), ...Object.values(FORMS).map(inflated)];
  for (const good of kinds) {
    for (let at = 8; at < good.length; at += Math.ceil(good.length / 60)) {
      const changed = good.slice();
      changed[at] ^= 0xff;
      for (const data of [changed, good.slice(0, at)]) {
        try {
          await rowsOf(await openArrow(data, "x.arrow"));
        } catch (error) {
          assert.equal(error.name, "LiteError", String(error.stack));
          assert.match(error.message, /^x\.arrow could not be read as an Arrow file: ./);
        }
      }
    }
  }
});

test("a file that is cut off is not taken for a shorter one", async () => {
  const file = inflated(FORMS.batches);
  for (const size of [10, 200, 1500, file.length - 12, file.length - 1]) {
    await assert.rejects(async () => rowsOf(await openArrow(file.slice(0, size), "x.arrow")));
  }
  const stream = inflated(FORMS.stream);
  for (const size of [100, 5000, stream.length - 100, stream.length - 12]) {
    await assert.rejects(async () => rowsOf(await openArrow(stream.slice(0, size), "x.arrow")));
  }
});

test("columns with the same name get distinct ones", () => {
  assert.deepEqual(distinctNames(["a", "a", "a_2", "b", "a"]), ["a", "a_3", "a_2", "b", "a_4"]);
});

test("a file with two columns of the same name keeps both", async () => {
  const columns = [
    ["a", columnFromArray([1, 2])],
    ["a", columnFromArray(["x", "y"])],
  ];
  const bytes = tableToIPC(tableFromColumns(columns), { format: "file" });
  const reader = await openArrow(bytes, "x.arrow");
  assert.deepEqual(
    JSON.parse(reader.columns).map(({ name }) => name),
    ["a", "a_2"],
  );
  assert.deepEqual(await rowsOf(reader), [
    [1, "x"],
    [2, "y"],
  ]);
});
