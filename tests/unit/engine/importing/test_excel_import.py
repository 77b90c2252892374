"""Tests of engine.importing.excel_import: which cells become which values, and sheets that become
tables.
"""

from __future__ import annotations

import asyncio
import datetime
import io
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing.intake import Intake
from engine.importing.options import Request


class World:
    """A folder into which Excel files are taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = Folder(path)

    def take(self, data: bytes, /, **options: Any) -> dict[str, Any]:
        file = self.path / "source-1"
        file.write_bytes(data)
        request = Request.of({"parameter": "excel", "url": "book.xlsx", "options": options})
        return asyncio.run(Intake(self.folder).take(request, file, lambda *_: None))

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        conn = sqlite3.connect(self.folder.database("data"))
        try:
            return conn.execute(f'select * from "{table}"').fetchall()
        finally:
            conn.close()

    def columns(self, table: str) -> list[tuple[str, str]]:
        conn = sqlite3.connect(self.folder.database("data"))
        try:
            return conn.execute(f"select name, type from pragma_table_info('{table}')").fetchall()
        finally:
            conn.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def workbook(**sheets: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_values(world: World) -> None:
    day = datetime.datetime(2024, 1, 31)
    rows = [
        ["n", "f", "t", "b", "d", "dt", "e", "mixed"],
        [1, 1.5, " x ", True, day, day.replace(hour=5, second=1), "#DIV/0!", 1],
        [2, 2, "", False, None, None, "#REF!", "one"],
    ]
    world.take(workbook(only=rows))
    assert world.columns("book") == [
        ("n", "INTEGER"),
        ("f", "REAL"),
        ("t", "TEXT"),
        ("b", "INTEGER"),
        ("d", "TEXT"),
        ("dt", "TEXT"),
        ("e", "TEXT"),
        ("mixed", "TEXT"),
    ]
    assert world.rows("book")[0] == (
        *(1, 1.5, " x ", 1, "2024-01-31", "2024-01-31T05:00:01", None, "1"),
    )
    assert world.rows("book")[1] == (2, 2.0, None, 0, None, None, None, "one")


def test_every_sheet_is_a_table_unless_it_is_skipped(world: World) -> None:
    data = workbook(People=[["id"], [1]], Empty=[], Notes=[["x"], ["y"]], Towns=[["n"], ["z"]])
    result = world.take(
        data, tables={"People": {"name": "folk", "pk": ["id"]}, "Notes": {"skip": True}}
    )
    assert result["path"] == "data"
    assert result["added"] == [
        {"database": "data", "table": "folk", "rows": 1, "source": "People"},
        {"database": "data", "table": "Towns", "rows": 1, "source": "Towns"},
    ]
    assert world.folder.sources()[0]["added"] == [
        {"database": "data", "table": "folk", "source": "People", "edited": False},
        {"database": "data", "table": "Towns", "source": "Towns", "edited": False},
    ]


def test_one_sheet_has_the_name_of_the_file_or_the_chosen_one(world: World) -> None:
    data = workbook(Sheet1=[["a"], [1]])
    assert world.take(data)["path"] == "data/book"
    assert world.take(data, name="mine")["path"] == "data/mine"


def test_rows_before_the_header_are_skipped_when_asked(world: World) -> None:
    rows = [["made", "by", "us"], [None], ["a", "b", None], [1, 2, None], [None, None, 3]]
    world.take(workbook(x=rows), skiprows=1)
    assert world.columns("book") == [("a", "INTEGER"), ("b", "INTEGER"), ("untitled_3", "INTEGER")]
    assert world.rows("book") == [(1, 2, None), (None, None, 3)]


@pytest.mark.parametrize("number", ["9" * 18, 2**63 - 1, "99999999999"])
def test_more_rows_are_skipped_than_there_are(world: World, number: int | str) -> None:
    with pytest.raises(SourceError, match="holds no rows") as caught:
        world.take(workbook(x=[["a"], [1]]), skiprows=number)
    assert "can't be read" not in caught.value.message


def test_titles_above_the_header_are_passed_over_and_noted(world: World) -> None:
    rows = [["Report"], ["of 2024"], ["a", "b", "c"], [1, 2, 3]]
    result = world.take(workbook(x=rows))
    assert result["notes"] == [
        "2 rows were skipped above the header of sheet x: “Report / of 2024”."
    ]
    assert world.rows("book") == [(1, 2, 3)]


def test_sheet_without_a_header(world: World) -> None:
    world.take(workbook(x=[[1, "a"], [2, "b"]]), header=False)
    assert world.columns("book") == [("untitled_1", "INTEGER"), ("untitled_2", "TEXT")]
    assert world.rows("book") == [(1, "a"), (2, "b")]


def test_odd_headers(world: World) -> None:
    world.take(workbook(x=[["a", "A", None, 2024, "gone", None], [1, 2, 3, 4, 5, None]]))
    assert [name for name, _ in world.columns("book")] == ["a", "A_2", "untitled_3", "2024", "gone"]


def test_rows_that_do_not_fit_are_kept_aside(world: World) -> None:
    result = world.take(workbook(x=[["id", "n"], [1, 1], [1, 2], [2, "x"]]), pk=["id"])
    assert result["notes"] == ["1 row did not fit and is in table book_rejected."]
    assert world.rows("book") == [(1, "1"), (2, "x")]
    assert world.rows("book_rejected") == [
        (2, None, "An earlier row has the same id.", '{"id": 1, "n": 2}')
    ]


def test_what_a_file_says_of_its_size_does_not_count(world: World) -> None:
    def shrink(xml: bytes) -> bytes:
        return xml.replace(b'<dimension ref="A1:B3"/>', b'<dimension ref="A1"/>')

    world.take(edited(workbook(x=[["a", "b"], [1, 2], [3, 4]]), "sheet1.xml", shrink))
    assert world.rows("book") == [(1, 2), (3, 4)]


def test_what_a_formula_came_to_is_its_value(world: World) -> None:
    def calculate(xml: bytes) -> bytes:
        assert b"<f>A2*2</f><v />" in xml
        return xml.replace(b"<v />", b"<v>42</v>")

    world.take(edited(workbook(x=[["a", "b"], [21, "=A2*2"]]), "sheet1.xml", calculate))
    assert world.rows("book") == [(21, 42)]


@pytest.mark.parametrize("part", ["sheet1.xml", "workbook.xml"])
def test_damaged_file_is_an_error(world: World, part: str) -> None:
    data = edited(workbook(x=[["a"], [1]]), part, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(SourceError, match="book.xlsx is a spreadsheet that can't be read"):
        world.take(data)
    assert world.folder.database_names() == []


def edited(data: bytes, part: str, edit: Callable[[bytes], bytes]) -> bytes:
    """Return an Excel file in which one part was changed."""
    before, after = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(after, "w") as archive:
        for name in before.namelist():
            content = before.read(name)
            archive.writestr(name, edit(content) if name.endswith(part) else content)
    return after.getvalue()


def with_sheet(change: Callable[[str], str]) -> bytes:
    """Return an Excel file whose only sheet was changed as text."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", "b"])
    sheet.append([1, 2])
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = change(data.decode()).encode()
            new.writestr(name, data)
    return changed.getvalue()


@pytest.mark.cpu_seconds(60)
def test_a_row_number_that_excel_does_not_have_is_no_endless_import(tmp_path: Path) -> None:
    data = with_sheet(
        lambda text: text.replace('<row r="2"', '<row r="99999999999"').replace('"A2"', '"A3"')
    )
    with pytest.raises(SourceError, match="too large: it reaches to row 99,999,999,999"):
        take(tmp_path, data)


@pytest.mark.cpu_seconds(60)
def test_others_have_their_turn_while_rows_are_empty(tmp_path: Path) -> None:
    data = with_sheet(
        lambda text: text.replace('<row r="2"', '<row r="1000000"').replace('"A2"', '"A1000000"')
    )
    assert len(take(tmp_path, data)) > 5


def take(folder: Path, data: bytes) -> list[int]:
    """Take an Excel file in; return the positions that were reported."""
    reports = []
    file = folder / "source"
    file.write_bytes(data)
    intake = Intake(Folder(folder / "instance"))
    request = Request.of({"parameter": "excel", "url": "https://a.test/t.xlsx"})
    asyncio.run(intake.take(request, file, lambda done, *_: reports.append(done)))
    return reports
