"""Awkward files as they really occur, each with the expected result.

Every file is made here, so that the code shows what is odd about it. The expected result is either
the contents of the tables, or a part of the sentence that the user reads.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Table = list[dict[str, Any]]


@dataclass(frozen=True)
class AwkwardFile:
    """A file, and its expected result: `tables` by their names, or `sentence`."""

    name: str
    make: Callable[[], bytes]
    parameter: str  # that a link has for it
    tables: dict[str, Table] | None = None
    sentence: str = ""  # part of the message

    @property
    def stem(self) -> str:
        """The name without what follows the first dot, as tables are called."""
        return self.name.split(".")[0]


def _text(text: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: text.encode(encoding)


def _csv(name: str, data: str | bytes, rows: Table) -> AwkwardFile:
    encoded = data.encode() if isinstance(data, str) else data
    return AwkwardFile(f"{name}.csv", lambda: encoded, "csv", {name: rows})


def _json(name: str, data: str | bytes, rows: Table) -> AwkwardFile:
    encoded = data.encode() if isinstance(data, str) else data
    return AwkwardFile(f"{name}.json", lambda: encoded, "json", {name: rows})


def _bad(name: str, data: str | bytes, sentence: str, parameter: str = "") -> AwkwardFile:
    encoded = data.encode() if isinstance(data, str) else data
    given = parameter or {"db": "url", "xlsx": "excel"}.get(name.rpartition(".")[2], "")
    return AwkwardFile(name, lambda: encoded, given or name.rpartition(".")[2], sentence=sentence)


def _database(*statements: str, spoil: Callable[[bytes], bytes] = bytes) -> Callable[[], bytes]:
    """Return a function that makes the bytes of a database in which statements were run."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "made.db"
            conn = sqlite3.connect(path)
            for statement in statements:
                conn.execute(statement)
            conn.commit()
            conn.close()
            return spoil(path.read_bytes())

    return make


def _workbook(fill: Callable[[Any], None]) -> Callable[[], bytes]:
    """Return a function that makes the bytes of an Excel file; `fill` is given its workbook."""

    def make() -> bytes:
        import openpyxl

        book = openpyxl.Workbook()
        fill(book)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    return make


def _zip(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return file.getvalue()


# --- CSV ----------------------------------------------------------------------------------------

ZOE = [{"name": "Zoë", "age": 3}, {"name": "Rüya", "age": 4}]
ZOE_TEXT = "name,age\nZoë,3\nRüya,4\n"
AB = [{"a": 1, "b": 2}]

CSV_FILES = [
    _csv("bom", ZOE_TEXT.encode("utf-8-sig"), ZOE),
    _csv("utf_16", ZOE_TEXT.encode("utf-16"), ZOE),
    _csv("utf_16_le_no_bom", ZOE_TEXT.encode("utf-16-le"), ZOE),
    _csv("latin_1", ZOE_TEXT.encode("latin-1"), ZOE),
    _csv("semicolons", "price;name\n1,50;x\n", [{"price": "1,50", "name": "x"}]),
    _csv("pipes", "a|b\n1|2\n", AB),
    _csv("sep_line", "sep=;\na;b\n1;2\n", AB),
    _csv("carriage_returns", "a,b\r1,2\r", AB),
    _csv("no_newline_at_end", "a,b\n1,2", AB),
    _csv("blank_lines", "\n\na,b\n\n1,2\n\n", AB),
    _csv("one_column", "word\nx\ny\n", [{"word": "x"}, {"word": "y"}]),
    _csv("only_header", "a,b\n", []),
    _csv(
        "ragged",
        "a,b\n1\n1,2,3,4\n",
        [{"a": 1, "b": None, "_extra": None}, {"a": 1, "b": 2, "_extra": '["3", "4"]'}],
    ),
    _csv("trailing_commas", "a,b,\n1,2,\n", [{"a": 1, "b": 2, "untitled_3": None}]),
    _csv("doubled_header", "a,a,A\n1,2,3\n", [{"a": 1, "a_2": 2, "A_3": 3}]),
    _csv("empty_header", "a,,b\n1,2,3\n", [{"a": 1, "untitled_2": 2, "b": 3}]),
    _csv("quotes", 'a,b\n"x\ny","say ""hi"", now"\n', [{"a": "x\ny", "b": 'say "hi", now'}]),
    _csv("leading_zeros", "plz,n\n01234,007\n", [{"plz": "01234", "n": "007"}]),
    _csv(
        "big_integers",
        "a,b\n9223372036854775807,9223372036854775808\n",
        [{"a": 9223372036854775807, "b": "9223372036854775808"}],
    ),
    _csv("odd_numbers", "a,b,c\n1e400,nan,1_000\n", [{"a": "1e400", "b": "nan", "c": "1_000"}]),
    _csv("gaps_in_numbers", "a,b\n1,\n,2.5\n", [{"a": 1, "b": None}, {"a": None, "b": 2.5}]),
    _csv("huge_value", "a,b\n1," + "x" * 300_000 + "\n", [{"a": 1, "b": "x" * 300_000}]),
    _csv("formula", "a,b\n=1+1,@x\n", [{"a": "=1+1", "b": "@x"}]),
    AwkwardFile("tabs.tsv", _text("a\tb\n1\t2\n"), "csv", {"tabs": AB}),
    _bad("nul.csv", "a,b\n1,\0\n" + "1,2\n" * 10, "NUL bytes"),
    _bad("empty.csv", "", "is empty"),
    _bad("white_space.csv", " \n\n ", "is empty"),
]

# --- JSON ---------------------------------------------------------------------------------------

JSON_FILES = [
    _json("objects", '[{"a": 1, "b": 2}]', AB),
    _json("json_bom", b'\xef\xbb\xbf[{"a": 1, "b": 2}]', AB),
    _json("json_utf_16", '[{"a": 1, "b": 2}]'.encode("utf-16"), AB),
    _json("late_keys", '[{"a": 1}, {"b": 2}]', [{"a": 1, "b": None}, {"a": None, "b": 2}]),
    _json(
        "mixed_types",
        '[{"a": 1, "b": true}, {"a": "x", "b": 2.5}]',
        [{"a": "1", "b": 1.0}, {"a": "x", "b": 2.5}],
    ),
    _json(
        "nested",
        '[{"a": {"b": [1, "é"]}, "c": null}]',
        [{"a": '{"b": [1, "é"]}', "c": None}],
    ),
    _json(
        "largest_list",
        '{"meta": [{"n": 1}], "rows": [{"a": 1}, {"a": 2}], "next": null}',
        [{"a": 1}, {"a": 2}],
    ),
    _json(
        "keyed",
        '{"x": {"a": 1}, "y": {"a": 2}}',
        [{"_key": "x", "a": 1}, {"_key": "y", "a": 2}],
    ),
    _json("one_object", '{"a": 1, "b": 2}', AB),
    _json("lists", '[["a", "b"], [1, 2]]', AB),
    _json("values", "[1, 2]", [{"value": 1}, {"value": 2}]),
    _json("lines", '{"a": 1, "b": 2}\n\n{"a": 3}\n', [{"a": 1, "b": 2}, {"a": 3, "b": None}]),
    _json(
        "points",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": 7,
                        "properties": {"name": "x"},
                        "geometry": {"type": "Point", "coordinates": [1.5, 2.5]},
                    }
                ],
            }
        ),
        [
            {
                "id": 7,
                "name": "x",
                "longitude": 1.5,
                "latitude": 2.5,
                "geometry": '{"type": "Point", "coordinates": [1.5, 2.5]}',
            }
        ],
    ),
    _json("not_a_number", '[{"a": NaN, "b": 1}]', [{"a": None, "b": 1}]),
    _json("doubled_keys", '[{"a": 1, "a": 2}]', [{"a": 2, "a_2": 1}]),
    _json("half_surrogate", '[{"a": "\\ud800x"}]', [{"a": "\ufffdx"}]),
    _json("huge_integer", '[{"a": 18446744073709551616}]', [{"a": "18446744073709551616"}]),
    _json("keys_by_case", '[{"a": 1, "A": 2}]', [{"a": 1, "A_2": 2}]),
    AwkwardFile(
        "broken_line.ndjson",
        _text('{"a": 1}\n{"a": \n{"a": 3}\n'),
        "json",
        {
            "broken_line": [{"a": 1}, {"a": 3}],
            "broken_line_rejected": [
                {
                    "row": 2,
                    "line": 2,
                    "reason": "It is not JSON: Expecting value.",
                    "values": '{"a": ',
                }
            ],
        },
    ),
    _bad("empty_list.json", "[]", "holds no rows: its list is empty"),
    _bad("empty_object.json", "{}", "holds no rows"),
    _bad("scalar.json", "42", "not a table: it only contains a number"),
    _bad("trailing.json", '[{"a": 1}] x', "is not JSON: extra data in line 1, column 12"),
    _bad("cut_off.json", '[{"a": 1},\n{"a":', "line 2, column 6, where it ends"),
    _bad("deep.json", "[" * 200_000 + "]" * 200_000, "nested too deeply"),
    _bad("empty.json", "", "is empty"),
]

# --- SQL ----------------------------------------------------------------------------------------

DUMP = """PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO authors VALUES(1,'O''Brien; "x" -- no comment');
INSERT INTO authors VALUES(2,'two
lines');
/* a comment; with a semicolon */
CREATE TABLE log (text TEXT);
CREATE TRIGGER noted AFTER INSERT ON authors BEGIN
  INSERT INTO log VALUES (new.name);
END;
CREATE INDEX by_name ON authors (name);
CREATE VIEW names AS SELECT name FROM authors;
COMMIT;
"""

SQL_FILES = [
    AwkwardFile(
        "dump.sql",
        _text(DUMP),
        "sql",
        {
            "authors": [
                {"id": 1, "name": 'O\'Brien; "x" -- no comment'},
                {"id": 2, "name": "two\nlines"},
            ],
            "log": [],
        },
    ),
    _bad(
        "error_in_the_middle.sql",
        "create table t (a);\n\n-- fine\ninsert into u values (1);\n",
        "failed in line 4: no such table: u. The statement is: insert into u",
    ),
    _bad("attach.sql", "attach 'x.db' as x;", "other databases can't be attached"),
    _bad("no_statement.sql", "-- nothing\n", "no SQL statement"),
    _bad("mysql.sql", "CREATE TABLE `t` (`a` int) ENGINE=InnoDB;", "syntax error"),
]

# --- SQLite -------------------------------------------------------------------------------------

T = ("create table t (a, b)", "insert into t values (1, 2)")
LARGE = (*T, *["insert into t values (2, zeroblob(5000))"] * 20)

SQLITE_FILES = [
    AwkwardFile("plain.db", _database(*T), "url", {"t": AB}),
    AwkwardFile("wal.db", _database("pragma journal_mode = wal", *T), "url", {"t": AB}),
    AwkwardFile("no_suffix", _database(*T), "url", {"t": AB}),
    AwkwardFile("named_csv.csv", _database(*T), "csv", {"t": AB}),
    AwkwardFile(
        "truncated.db",
        _database(*LARGE, spoil=lambda data: data[:4096]),
        "url",
        sentence="only part of a SQLite database",
    ),
    AwkwardFile(
        "corrupt.db",
        _database(*LARGE, spoil=lambda data: data[:100] + b"\xff" * (len(data) - 100)),
        "url",
        sentence="damaged",
    ),
    AwkwardFile(
        "encrypted.db", lambda: os.urandom(16384), "url", sentence="or it is an encrypted one"
    ),
    _bad("zeros.db", bytes(8192), "is not a SQLite database"),
    _bad("empty.db", b"", "it is empty"),
]


# --- Excel --------------------------------------------------------------------------------------


def _dates(book: Any) -> None:
    from datetime import date, datetime, time

    book.active.append(["day", "moment", "hour"])
    book.active.append([date(2024, 2, 29), datetime(2024, 2, 29, 13, 30), time(9, 5)])


def _titled(book: Any) -> None:
    sheet = book.active
    sheet.append(["Sales of 2024"])
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["region", "amount", "paid"])
    sheet.append(["north", 1.5, True])
    sheet.append([])
    sheet.append(["south", 2, False])


def _sheets(book: Any) -> None:
    book.active.title = "first"
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.create_sheet("nothing")
    book.create_sheet("second").append(["a", "b"])
    book["second"].append(["#N/A", 1])


def _formula(book: Any) -> None:
    # Never calculated, as by programs that only write: it has no value to read.
    book.active.append(["a", "b"])
    book.active.append([1, "=A2*2"])


def _encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")


EXCEL_FILES = [
    AwkwardFile(
        "dates.xlsx",
        _workbook(_dates),
        "excel",
        {"dates": [{"day": "2024-02-29", "moment": "2024-02-29T13:30:00", "hour": "09:05:00"}]},
    ),
    AwkwardFile(
        "titled.xlsx",
        _workbook(_titled),
        "excel",
        {
            "titled": [
                {"region": "north", "amount": 1.5, "paid": 1},
                {"region": "south", "amount": 2.0, "paid": 0},
            ]
        },
    ),
    AwkwardFile(
        "sheets.xlsx", _workbook(_sheets), "excel", {"first": AB, "second": [{"a": None, "b": 1}]}
    ),
    AwkwardFile("formula.xlsx", _workbook(_formula), "excel", {"formula": [{"a": 1, "b": None}]}),
    AwkwardFile(
        "no_rows.xlsx", _workbook(lambda book: None), "excel", sentence="its sheets are empty"
    ),
    AwkwardFile("locked.xlsx", _encrypted, "excel", sentence="protected with a password"),
    _bad(
        "old.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024),
        "but not an Excel file",
        "excel",
    ),
    AwkwardFile(
        "half.xlsx",
        lambda: _workbook(_titled)()[:3000],
        "excel",
        sentence="only part of a spreadsheet",
    ),
    _bad(
        "sheet.ods",
        _zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content__xml=b"<x/>"),
        "is a spreadsheet that can't be read",
        "excel",
    ),
]

# --- Something else -----------------------------------------------------------------------------

LOGIN = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><form></form></html>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
XML = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'

OTHER_FILES = [
    _bad("login.csv", LOGIN, "is not CSV but a web page"),
    _bad("login.json", LOGIN, "is not JSON but a web page"),
    _bad("login.sql", LOGIN, "is not SQL but a web page"),
    _bad("login.db", LOGIN, "is not a SQLite database but a web page"),
    _bad("login.xlsx", LOGIN, "is not Excel but a web page"),
    _bad("pointer.csv", POINTER, "Git LFS pointer"),
    _bad("pointer.db", POINTER, "Git LFS pointer"),
    _bad("missing.csv", XML, "is not CSV but XML"),
    _bad("missing.json", XML, "is not JSON but XML"),
    _bad("paper.csv", b"%PDF-1.7\n%\xe2\xe3", "is not CSV but a PDF file"),
    _bad("paper.json", b"%PDF-1.7\n%\xe2\xe3", "is not JSON but a PDF file"),
]

#: Files that Python gets; the two below are unpacked before.
FILES = [*CSV_FILES, *JSON_FILES, *SQL_FILES, *SQLITE_FILES, *EXCEL_FILES, *OTHER_FILES]

PACKED_FILES = [
    AwkwardFile("packed.csv.gz", lambda: gzip.compress(ZOE_TEXT.encode()), "csv", {"packed": ZOE}),
    AwkwardFile(
        "packed.json.gz", lambda: gzip.compress(b'[{"a": 1, "b": 2}]'), "json", {"packed": AB}
    ),
    AwkwardFile("packed.db.gz", lambda: gzip.compress(_database(*T)()), "url", {"t": AB}),
    AwkwardFile("zipped.zip", lambda: _zip(inside__csv=b"a,b\n1,2\n"), "csv", {"inside": AB}),
    AwkwardFile(
        "several.zip",
        lambda: _zip(one__csv=b"a,b\n1,2\n", two__json=b'[{"a": 1, "b": 2}]'),
        "csv",
        {"one": AB, "two": AB},
    ),
]
