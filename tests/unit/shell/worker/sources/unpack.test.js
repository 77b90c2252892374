import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fromBase64 } from "../../../../support/row_readers.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { unpack } = await importWorkerModule("shell/worker/sources/unpack.js");
const { legacyName } = await importWorkerModule("shell/worker/sources/legacy-names.js");
const { LiteError } = await importWorkerModule("shell/shared/errors.js");
const { BlobWriter, TextReader, Uint8ArrayReader, ZipWriter } = await import("@zip.js/zip.js");

const SOURCE = "https://a.test/packed";
const bytes = (text) => new TextEncoder().encode(text);

/** A Python that finds everything damaged, and notes what it was asked for. */
const withoutPython = {
  asked: [],
  async unpack(kind, data, source) {
    this.asked.push(kind);
    throw new LiteError(`${source} cannot be unpacked.`, { hint: "Get it again.", source });
  },
};

/** The names and contents of what comes out of a file, in a form that reads well. */
async function unpacked(name, data, { python = withoutPython, onNote = () => {} } = {}) {
  const files = [];
  for await (const file of unpack({ name, data }, { source: SOURCE, python, onNote })) {
    files.push([file.name, await new Blob([file.data]).text()]);
  }
  return files;
}

async function zip(files, options = {}) {
  const writer = new ZipWriter(new BlobWriter());
  for (const [name, content] of Object.entries(files)) {
    const reader =
      typeof content === "string" ? new TextReader(content) : new Uint8ArrayReader(content);
    await writer.add(name, reader, options);
  }
  return writer.close();
}

test("a file that is not packed is itself", async () => {
  const content = { name: "x.csv", data: bytes("a,b\n") };
  const options = { source: SOURCE, python: withoutPython };
  for await (const file of unpack(content, options)) assert.equal(file, content);
});

for (const [form, wrap] of [
  ["bytes", (data) => new Uint8Array(data)],
  ["a Blob", (data) => new Blob([data])],
]) {
  test(`gzip, from ${form}`, async () => {
    const text = "a,b\n1,2\n".repeat(100_000);
    const files = await unpacked("https://a.test/x.csv.gz?raw=1", wrap(gzipSync(text)));
    assert.deepEqual(files, [["https://a.test/x.csv?raw=1", text]]);
  });

  test(`zip, from ${form}`, async () => {
    const blob = await zip({ "a.csv": "a\n1\n", "folder/b.json": "[]" });
    const files = await unpacked("x.zip", wrap(await blob.arrayBuffer()));
    assert.deepEqual(files, [
      ["a.csv", "a\n1\n"],
      ["folder/b.json", "[]"],
    ]);
  });
}

test("what is no data in a zip is passed over", async () => {
  const blob = await zip({
    "README.txt": "about",
    "data.csv": "a\n1\n",
    "__MACOSX/._data.csv": "junk",
    ".hidden.csv": "junk",
    "picture.png": "junk",
  });
  const notes = [];
  const onNote = (note) => notes.push(note);
  assert.deepEqual(await unpacked("x.zip", blob, { onNote }), [["data.csv", "a\n1\n"]]);
  assert.deepEqual(notes, [`Left out of ${SOURCE}, because it is not data: picture.png.`]);
});

test("what is left out of an archive is told, and no more than five names", async () => {
  const names = ["a.zip", "b.png", "c.png", "d.png", "e.png", "f.png", "g.png"];
  const files = Object.fromEntries(["x.csv", "y.csv", ...names].map((name) => [name, "a"]));
  const notes = [];
  await unpacked("x.zip", await zip(files), { onNote: (note) => notes.push(note) });
  assert.deepEqual(notes, [
    `Left out of ${SOURCE}, because they are not data: a.zip, b.png, c.png, d.png, e.png and 2 more.`,
  ]);
});

// A zip file as Python writes one with compression method 12.
const BZIP2 = fromBase64(
  "UEsDBC4AAAAMANBGfl05a6K2NgAAAFAAAAAFAAAAYS5jc3ZCWmg5MUFZJlNZwwj2pQAAItkAABAABDAAMAAgACClQyDANTExNTE1OJxPi7kinChIYYR7UoBQSwECLgMuAAAADADQRn5dOWuitjYAAABQAAAABQAAAAAAAAAAAAAAgAEAAAAAYS5jc3ZQSwUGAAAAAAEAAQAzAAAAWQAAAAAA",
);

test("a zip with another compression is not taken for a damaged one", async () => {
  await assert.rejects(unpacked("x.zip", BZIP2), {
    name: "LiteError",
    message: `a.csv in ${SOURCE} is packed in a way that cannot be unpacked here.`,
  });
});

test("a single file in a zip may be named as it likes", async () => {
  assert.deepEqual(await unpacked("x.zip", await zip({ export: "a\n1\n" })), [
    ["export", "a\n1\n"],
  ]);
});

test("a gzip file in a zip is unpacked as well, and no more", async () => {
  const inner = new Uint8Array(gzipSync("a\n1\n"));
  assert.deepEqual(await unpacked("x.zip", await zip({ "t.csv.gz": inner })), [
    ["t.csv", "a\n1\n"],
  ]);
  const often = new Uint8Array(gzipSync(gzipSync(gzipSync(gzipSync("a")))));
  await assert.rejects(unpacked("x.gz", often), { message: /several layers/ });
});

test("an Excel file is a zip that stays whole", async () => {
  const blob = await zip({ "[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>" });
  const files = await unpacked("x.xlsx", blob);
  assert.equal(files.length, 1);
  assert.equal(files[0][0], "x.xlsx");
});

for (const [what, data, message] of [
  ["a zip without data", () => zip({ "a.png": "x", "b.pdf": "y" }), /without data/],
  ["an empty zip", () => zip({}), /without data/],
  ["a locked zip", () => zip({ "a.csv": "a" }, { password: "x" }), /password/],
  ["half a gzip file", () => gzipSync("a,b\n".repeat(9000)).subarray(0, 60), /cannot be unpacked/],
  [
    "half a zip",
    async () => (await zip({ "a.csv": "a" })).slice(0, 40).arrayBuffer(),
    /cannot be unpacked/,
  ],
]) {
  test(`${what} is explained`, async () => {
    const made = await data();
    const content = made instanceof Blob ? made : new Uint8Array(made);
    await assert.rejects(unpacked("x", content), { name: "LiteError", message, source: SOURCE });
  });
}

test("what says that it is too large unpacked is refused before it is unpacked", async () => {
  const packed = new Uint8Array(gzipSync("a".repeat(5_000_000)));
  new DataView(packed.buffer).setUint32(packed.length - 4, 0xf0000000, true);
  // Too small for so much: then the size it says is not believed.
  await assert.rejects(unpacked("x.gz", packed), { message: /cannot be unpacked/ });
  const padded = new Uint8Array(8_000_000);
  padded.set(packed);
  new DataView(padded.buffer).setUint32(padded.length - 4, 0xf0000000, true);
  await assert.rejects(unpacked("x.gz", padded), {
    name: "TooLargeError",
    message: /has, unpacked, 4 GB/,
  });
});

/** Add to each entry's header in the central directory. */
function inDirectory(data, change) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length - 4; at += 1) {
    if (view.getUint32(at, true) === 0x02014b50) change(view, at);
  }
  return data;
}

test("a zip whose files are too large together is refused before any is unpacked", async () => {
  const names = Array.from({ length: 20 }, (_, number) => [`${number}.csv`, "a\n1\n"]);
  const blob = await zip(Object.fromEntries(names));
  const data = inDirectory(new Uint8Array(await blob.arrayBuffer()), (view, at) => {
    view.setUint32(at + 24, 500_000_000, true); // the size unpacked
  });
  await assert.rejects(unpacked("x.zip", data), {
    message: /has, unpacked, 10 GB; files of up to/,
  });
});

test("a zip with very many files is refused", { timeout: 60_000 }, async () => {
  const blob = await zip({ "a.csv": "a\n1\n" });
  const one = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(one.buffer);
  const end = one.length - 22;
  const [start, size] = [view.getUint32(end + 16, true), view.getUint32(end + 12, true)];
  const entry = one.subarray(start, start + size);
  const count = 60_000;
  const data = new Uint8Array(start + size * count + 22);
  data.set(one.subarray(0, start));
  for (let number = 0; number < count; number += 1) data.set(entry, start + size * number);
  data.set(one.subarray(end), start + size * count);
  const made = new DataView(data.buffer, start + size * count);
  made.setUint16(8, count, true);
  made.setUint16(10, count, true);
  made.setUint32(12, size * count, true);
  await assert.rejects(unpacked("x.zip", data), {
    message: "https://a.test/packed has more than 20,000 files in it, which is too many to open.",
  });
});

test("what comes out of packed files in a zip is counted together", async () => {
  const inner = new Uint8Array(gzipSync("a\n1\n"));
  const outer = await zip({ "a.csv.gz": inner, "b.csv.gz": inner });
  const sofar = { files: 0, bytes: 0 };
  const names = [];
  const content = { name: "x.zip", data: outer };
  const options = { source: SOURCE, python: withoutPython };
  for await (const { name } of unpack(content, options, 0, sofar)) names.push(name);
  assert.deepEqual(names, ["a.csv", "b.csv"]);
  assert.deepEqual(sofar, { files: 4, bytes: 2 * (inner.length + 4) });
});

test("what browsers cannot unpack goes to Python, and what it says is passed on", async () => {
  const asked = [];
  const python = {
    async unpack(kind, data, source) {
      asked.push([kind, data.length, source]);
      return { data: bytes("a\n1\n"), complete: true, notes: ["2 bytes were ignored."] };
    },
    async *untar(data, source, choose) {
      for (const { database: name } of choose(["._t.csv", "t.csv", "README.txt"])) {
        yield { name, data: bytes("a\n2\n") };
      }
    },
  };
  const notes = [];
  const onNote = (note) => notes.push(note);
  const xz = new Uint8Array([0xfd, ...bytes("7zXZ"), 0, 1, 2]);
  assert.deepEqual(await unpacked("x.csv.xz", xz, { python, onNote }), [["x.csv", "a\n1\n"]]);
  const bgzip = new Uint8Array([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0]);
  assert.deepEqual(await unpacked("x.csv.bgz", bgzip, { python }), [["x.csv", "a\n1\n"]]);
  assert.deepEqual(asked, [
    ["xz", xz.length, SOURCE],
    ["gzip", bgzip.length, SOURCE],
  ]);
  assert.deepEqual(notes, ["2 bytes were ignored."]);
  const tar = new Uint8Array(512);
  tar.set(bytes("ustar"), 257);
  assert.deepEqual(await unpacked("x.tar", tar, { python }), [["t.csv", "a\n2\n"]]);
  const tgz = new Uint8Array(gzipSync(tar));
  assert.deepEqual(await unpacked("x.tgz", tgz, { python }), [["t.csv", "a\n2\n"]]);
});

test("names in zip files that say nothing of their encoding", () => {
  assert.equal(legacyName(bytes("größe.csv")), "größe.csv");
  const japanese = [0x83, 0x66, 0x81, 0x5b, 0x83, 0x5e, 0x2e, 0x63, 0x73, 0x76];
  assert.equal(legacyName(new Uint8Array(japanese)), "データ.csv");
  const western = [0x67, 0x72, 0x94, 0xe1, 0x65, 0x2e, 0x63, 0x73, 0x76];
  assert.equal(legacyName(new Uint8Array(western)), "größe.csv");
});
