"""Options that cannot do what they say are told, for every option and every kind of file."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.errors import SourceError
from tests.support.opening import Opener

CSV = b"id,name\n1,a\n2,b\n"


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (id)")
    return connection.serialize()


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["id", "name"], [1, "a"]):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


TABLES: dict[str, bytes] = {
    "x.csv": CSV,
    "x.json": json.dumps([{"id": 1, "name": "a"}]).encode(),
    "x.xlsx": _workbook(),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"pk": ["idd"]}, "There is no column 'idd' for a primary key."),
        ({"fts": ["nope"]}, "There is no column 'nope' to search."),
        ({"drop": ["nope"]}, "There is no column 'nope' to leave out."),
        (
            {"pk": ["id"], "drop": ["id"]},
            "Column id is left out, so it can't be part of the primary key.",
        ),
        ({"fts": ["name"], "drop": ["name"]}, "Column name is left out, so it can't be searched."),
        ({"fts": ["*"], "drop": ["name"]}, "There is no column with text to search in."),
        ({"range": True}, "This option does nothing for {}: range."),
    ],
)
def test_of_tables(open_: Opener, name: str, options: dict[str, Any], note: str) -> None:
    words = {"x.csv": "CSV", "x.json": "JSON", "x.xlsx": "a spreadsheet"}
    assert open_(name, TABLES[name], **options).notes == [note.format(words[name])]


@pytest.mark.parametrize("name", TABLES)
def test_a_column_to_search_in_may_differ_in_case(open_: Opener, name: str) -> None:
    opened = open_(name, TABLES[name], fts=["NAME"])
    assert opened.notes == []
    assert opened.rows("select name from x_fts") == opened.rows("select name from x")


CASES: list[tuple[str, bytes, dict[str, Any], str]] = [
    (
        "x.json",
        TABLES["x.json"],
        {"delimiter": ";", "dates": "dmy", "null": ["NA"]},
        "These options do nothing for JSON: delimiter, null, dates.",
    ),
    (
        "x.xlsx",
        TABLES["x.xlsx"],
        {"decimal": ","},
        "This option does nothing for a spreadsheet: decimal.",
    ),
    ("x.csv", CSV, {"hidden": True}, "This option does nothing for CSV: hidden."),
    (
        "x.db",
        _database(),
        {"pk": ["id"], "fts": ["*"]},
        "These options do nothing for a SQLite database: pk, fts.",
    ),
    (
        "x.sql",
        b"create table t (a); insert into t values (1);",
        {"pk": ["a"]},
        "This option does nothing for a SQL script: pk.",
    ),
    (
        "x.csv",
        CSV,
        {"skiprows": "many"},
        "skiprows=many was not used, since it is not a number of lines.",
    ),
    (
        "x.csv",
        CSV,
        {"skiprows": "9" * 5000},
        "skiprows=99999999999999999999… was not used, since it is not a number of lines.",
    ),
    ("x.csv", CSV, {"dates": "dmy"}, "No column holds only dates as dates=dmy describes them."),
]


@pytest.mark.parametrize(("name", "data", "options", "note"), CASES)
def test_of_kinds(open_: Opener, name: str, data: bytes, options: Any, note: str) -> None:
    assert open_(name, data, **options).notes == [note]


def test_dates_that_are_found_need_no_note(open_: Opener) -> None:
    opened = open_("x.csv", b"id,day\n1,31.12.2024\n", dates="dmy")
    assert opened.rows("select day from x") == [("2024-12-31",)]
    assert opened.notes == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quote": "'"}, "quote='"),
        ({"delimiter": "ab"}, "delimiter=ab"),
        ({"escape": "ab"}, "escape=ab"),
        ({"decimal": "x"}, "decimal=x"),
        ({"thousands": "x"}, "thousands=x"),
        ({"dates": "x"}, "dates=x"),
        ({"encoding": "x"}, "encoding 'x'"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    open_: Opener, options: dict[str, str], said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        open_("x.csv", CSV, **options)
