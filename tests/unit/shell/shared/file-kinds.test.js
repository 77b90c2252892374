import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { firstEntry, recognise, unreadable } from "../../../../shell/shared/file-kinds.js";

const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const zip = (name, content = "") =>
  bytes(`PK\x03\x04${"\0".repeat(22)}${String.fromCharCode(name.length)}\0\0\0${name}${content}`);

for (const [kind, head] of [
  ["empty", bytes("")],
  ["sqlite", bytes("SQLite format 3\0\x10\0")],
  ["parquet", bytes("PAR1\x15\0")],
  ["arrow", bytes("ARROW1\0\0")],
  ["arrow", bytes("\xff\xff\xff\xff\xc8\0\0\0\x10\0\0\0")],
  ["feather", bytes("FEA1\0\0\0\0")],
  ["gzip", gzipSync("a,b\n")],
  ["zip", zip("data.csv", "a,b\n")],
  ["zip", bytes("PK\x05\x06")],
  ["excel", zip("[Content_Types].xml")],
  ["excel", zip("xl/workbook.xml")],
  ["excel", zip("mimetype", "application/vnd.oasis.opendocument.spreadsheet")],
  ["excel", bytes("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0")],
  ["html", bytes("\n  <!DOCTYPE html><title>x</title>")],
  ["html", bytes("\xef\xbb\xbf<html>")],
  ["html", bytes('<?xml version="1.0"?>\n<!DOCTYPE html><html>')],
  ["xml", bytes('<?xml version="1.0"?><rows/>')],
  ["lfs", bytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")],
  ["pdf", bytes("%PDF-1.7")],
  ["tar", bytes(`x.csv${"\0".repeat(252)}ustar\0`)],
  ["duckdb", bytes("\x01\x02\x03\x04\0\0\0\0DUCK")],
  ["json", bytes('  [{"a": 1}]')],
  ["json", bytes('\xef\xbb\xbf{"a": 1}\n{"a": 2}\n')],
  ["sql", bytes("-- a dump\nPRAGMA foreign_keys=OFF;\n")],
  ["sql", bytes("create table t (a);")],
  ["text", bytes("create,insert\n1,2\n")],
  ["text", bytes("ORC,other\n1,2\n")],
  ["text", bytes("\xff\xfea\0,\0b\0")],
  ["text", bytes("a,b\n1,caf\xe9\n")],
  ["binary", bytes("\x01\x02\0\x03")],
]) {
  const shown = JSON.stringify(String.fromCharCode(...head).slice(0, 24));
  test(`${shown} is ${kind}`, () => assert.equal(recognise(head), kind));
}

test("what cannot be opened is named, with a way out", () => {
  for (const kind of ["html", "lfs", "avro", "pdf", "7z"]) {
    const error = unreadable(kind, "https://a.test/x");
    assert.match(error.message, /^https:\/\/a\.test\/x is /);
    assert.notEqual(error.hint, "");
    assert.equal(error.source, "https://a.test/x");
  }
  for (const kind of ["sqlite", "text", "gzip", "empty"]) {
    assert.equal(unreadable(kind, "x"), undefined);
  }
});

test("a web page that is called a spreadsheet is explained as such", () => {
  for (const name of ["report.xls", "https://a.test/report.XLSX"]) {
    const error = unreadable("html", name);
    assert.match(error.message, /is not a spreadsheet but a web page/);
    assert.match(error.hint, /save it as \.xlsx/);
  }
});

test("the first file in a zip tells what the zip is about", () => {
  assert.equal(firstEntry(zip("a/b.csv")), "a/b.csv");
  assert.equal(firstEntry(bytes("PK\x05\x06")), "");
});
