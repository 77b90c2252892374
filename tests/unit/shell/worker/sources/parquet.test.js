import assert from "node:assert/strict";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { CODECS, TYPES } from "../../../../support/parquet_files.js";
import { fromBase64, rowsOf } from "../../../../support/row_readers.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { shownNumber } = await importWorkerModule("shell/worker/sources/plain-values.js");
const { openParquet } = await importWorkerModule("shell/worker/sources/parquet.js");

test("every type becomes what SQLite and JSON can hold", async () => {
  const reader = await openParquet(fromBase64(TYPES), "x.parquet");
  const columns = JSON.parse(reader.columns);
  const rows = await rowsOf(reader);
  assert.equal(rows.length, 3);
  const found = Object.fromEntries(
    columns.map(({ name, type }, index) => [name, [type, ...rows.map((row) => row[index])]]),
  );
  assert.deepEqual(found, {
    id: ["integer", 1, "1152921504606846976", null],
    small: ["integer", 1, -2, 3],
    unsigned: ["integer", 1, "18446744073709551615", null],
    x: ["float", 0.5, "inf", null],
    name: ["text", "a", "żółw", null],
    raw: ["blob", { $base64: true, encoded: "AP8=" }, { $base64: true, encoded: "YWI=" }, null],
    yes: ["integer", true, false, null],
    day: ["text", "2024-01-31", "1969-12-31", null],
    at: ["text", "2024-01-31T12:30:00.250000", "1969-12-31T23:59:59", null],
    atz: ["text", "2024-01-31T12:30:00+00:00", null, null],
    ns: ["text", "2024-01-31T12:30:00.123456789", "1970-01-01T00:00:00", null],
    time: ["text", "01:02:03.004000", "23:59:00", null],
    price: ["float", 123.45, -0.1, null],
    list: ["json", [1, 2], [], null],
    point: [
      "json",
      { lat: 1.5, name: "p", when: "2024-01-31T00:00:00" },
      { lat: null, name: null, when: null },
      null,
    ],
    map: ["json", { k: 1 }, {}, null],
  });
});

for (const [codec, file] of Object.entries(CODECS)) {
  test(`compressed with ${codec}`, async () => {
    const reader = await openParquet(new Blob([fromBase64(file)]), "x.parquet");
    assert.equal(reader.count, 150);
    const rows = await rowsOf(reader);
    assert.deepEqual(rows.slice(0, 4), [[1], [2], [3], [1]]);
    assert.equal(rows.length, 150);
  });
}

test("many rows come in portions, from several row groups, in order", async () => {
  const numbers = Int32Array.from({ length: 25_000 }, (_, index) => index);
  const columnData = [{ name: "n", data: numbers }];
  const file = parquetWriteBuffer({ columnData, rowGroupSize: 10_000 });
  const reader = await openParquet(new Uint8Array(file), "x.parquet");
  let portions = 0;
  let before = 0;
  const found = [];
  for (let json; (json = await reader.next()) !== undefined; portions++) {
    found.push(...JSON.parse(json).flat());
    assert.ok(reader.done > before && reader.done <= reader.total);
    before = reader.done;
  }
  assert.deepEqual(found, [...numbers]);
  assert.ok(portions > 3);
  assert.equal(reader.done, reader.total);
});

test("bytes without a type that are all text are text", async () => {
  const text = new TextEncoder();
  const data = ["a", "żółw"].map((value) => text.encode(value));
  const file = parquetWriteBuffer({ columnData: [{ name: "t", data, type: "BYTE_ARRAY" }] });
  const reader = await openParquet(new Uint8Array(file), "x.parquet");
  assert.deepEqual(JSON.parse(reader.columns), [{ name: "t", type: "text" }]);
  assert.deepEqual(reader.firstRows(8), [["a"], ["żółw"]]);
});

test("decimals keep all of their digits", async () => {
  const decimal = { converted_type: "DECIMAL", repetition_type: "OPTIONAL", scale: 2 };
  const long = 12345678901234567890123456n;
  const columns = {
    small: [{ type: "INT32", precision: 9 }, [12345n, -10n, null]],
    wide: [{ type: "INT64", precision: 18 }, [123456789012345678n, -1n, null]],
    fixed: [{ type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, precision: 38 }, [long, -long, 7n]],
    whole: [
      { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, precision: 38, scale: 0 },
      [long, -5n, null],
    ],
  };
  const schema = [{ name: "root", num_children: Object.keys(columns).length }];
  const columnData = [];
  for (const [name, [element, data]] of Object.entries(columns)) {
    schema.push({ name, ...decimal, ...element });
    columnData.push({ name, data });
  }
  const file = parquetWriteBuffer({ columnData, schema });
  const reader = await openParquet(new Uint8Array(file), "x.parquet");
  assert.deepEqual(
    JSON.parse(reader.columns).map(({ type }) => type),
    ["float", "float", "float", "integer"],
  );
  assert.deepEqual(await rowsOf(reader), [
    [123.45, "1234567890123456.78", "123456789012345678901234.56", String(long)],
    [-0.1, -0.01, "-123456789012345678901234.56", -5],
    [null, null, 0.07, null],
  ]);
});

test("NaN is passed on, and shown as no value", async () => {
  const data = [NaN, 1.5, -Infinity];
  const file = parquetWriteBuffer({ columnData: [{ name: "x", data, type: "DOUBLE" }] });
  const reader = await openParquet(new Uint8Array(file), "x.parquet");
  assert.deepEqual(reader.firstRows(8).flat().map(shownNumber), [null, 1.5, "-Infinity"]);
  assert.deepEqual((await rowsOf(reader)).flat(), ["nan", 1.5, "-inf"]);
});

test("two columns with the same name are refused", async () => {
  const columnData = [1, 2].map((value) => ({ name: "x", data: [value], type: "INT32" }));
  const file = parquetWriteBuffer({ columnData });
  await assert.rejects(openParquet(new Uint8Array(file), "x.parquet"), {
    name: "LiteError",
    message: "x.parquet has more than one column called “x”.",
  });
});

for (const [what, data] of [
  ["half a file", fromBase64(CODECS.snappy).subarray(0, 100)],
  ["one with a broken end", fromBase64(CODECS.snappy).fill(0xff, 120, 180)],
  ["only the first bytes", new TextEncoder().encode("PAR1")],
]) {
  test(`${what} is explained`, async () => {
    await assert.rejects(openParquet(data, "x.parquet"), {
      name: "LiteError",
      message: /^x\.parquet could not be read as a Parquet file/,
      source: "x.parquet",
    });
  });
}
