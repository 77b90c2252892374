"""Spreadsheets as programs and people make them, in every format."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from engine.errors import SourceError
from engine.importing import excel_import
from tests.support.opening import Opener
from tests.support.spreadsheets import ods, odt, xls, xlsx

REPORTED = Path(__file__).parents[3] / "fixtures" / "reported"
DAY = datetime.date(2024, 2, 16)


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def reported(open_: Opener, name: str) -> Any:
    return open_(name, (REPORTED / name).read_bytes(), "excel")


def test_strict_open_xml(open_: Opener) -> None:
    assert reported(open_, "strict.xlsx").rows("select day, n from strict") == [("2024-02-16", 5)]


def test_styles_that_nobody_needs(open_: Opener) -> None:
    assert reported(open_, "empty_fill.xlsx").rows("select a from empty_fill") == [(5,)]


def test_hidden_sheets_are_told_and_left_out(open_: Opener) -> None:
    opened = reported(open_, "hidden.xlsx")
    assert opened.rows("select a from hidden") == [(1,)]
    assert opened.notes == ["Sheets lookup and deep are hidden and were left out."]


def test_hidden_sheets_can_be_had(open_: Opener) -> None:
    data = (REPORTED / "hidden.xlsx").read_bytes()
    every = open_("hidden.xlsx", data, hidden=True)
    assert [one["table"] for one in every.result["added"]] == ["visible", "lookup", "deep"]
    one = open_("hidden.xlsx", data, tables={"deep": {"hidden": True, "name": "d"}})
    assert one.rows("select * from d") == [(3,)]
    assert one.notes == ["Sheet lookup is hidden and was left out."]


def test_preview_shows_hidden_sheets_as_such(open_: Opener) -> None:
    preview = open_.preview("hidden.xlsx", (REPORTED / "hidden.xlsx").read_bytes())
    hidden = {table["source"]: table["hidden"] for table in preview["tables"]}
    assert hidden == {"visible": False, "lookup": True, "deep": True}


def test_what_cannot_be_a_value_is_told(open_: Opener) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["a", "b", "c"])
        sheet.append(["#N/A", "=1+1", "x"])
        sheet.append(["#REF!", 2, "=A1"])
        sheet.merge_cells("C4:C5")
        sheet["A4"], sheet["C4"] = 1, "both"
        sheet["A5"] = 2

    opened = open_("x.xlsx", xlsx(fill))
    assert opened.rows("select * from x") == [
        (None, None, "x"),
        (None, 2, None),
        (1, None, "both"),
        (2, None, None),
    ]
    assert opened.notes == [
        "2 cells (the first is A2) of sheet Sheet hold errors such as #N/A; that is NULL here.",
        "2 cells (the first is B2) of sheet Sheet hold formulas whose result was not saved; that"
        " is NULL here. Open the file in a spreadsheet program and save it to have them"
        " calculated.",
        "Sheet Sheet has 1 range of merged cells, the first at C4: their value is in the first"
        " cell only.",
    ]


def test_times_of_all_kinds(open_: Opener) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["early", "duration", "time", "moment", "text"])
        sheet.append(
            [-20000, datetime.timedelta(hours=30, seconds=5), datetime.time(3, 4), DAY, ""]
        )
        sheet.append([0, datetime.timedelta(minutes=1), datetime.time(0, 0), None, "a_x000D_b"])
        for cell in ("A2", "A3"):
            sheet[cell].number_format = "yyyy-mm-dd"

    opened = open_("x.xlsx", xlsx(fill))
    early = (datetime.date(1899, 12, 30) - datetime.timedelta(days=20000)).isoformat()
    assert opened.rows("select * from x") == [
        (early, "30:00:05", "03:04:00", "2024-02-16", None),
        ("00:00:00", "0:01:00", "00:00:00", None, "a\rb"),
    ]


def test_days_counted_from_1904(open_: Opener) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet: Any = book.active
    sheet.append(["d"])
    sheet.append([DAY])
    file = io.BytesIO()
    book.save(file)
    assert open_("x.xlsx", file.getvalue()).rows("select d from x") == [("2024-02-16",)]


def test_data_that_begins_somewhere_else(open_: Opener) -> None:
    def fill(sheet: Any) -> None:
        for cell, value in {"C5": "a", "D5": "b", "C6": 1, "D6": 2}.items():
            sheet[cell] = value

    opened = open_("x.xlsx", xlsx(fill))
    assert opened.columns("x") == [("a", "INTEGER"), ("b", "INTEGER")]
    assert opened.rows("select * from x") == [(1, 2)]


def test_sheet_that_would_not_fit_into_memory(open_: Opener) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["a"])
        sheet["XFD1048576"] = 1

    with pytest.raises(SourceError, match="too large: it reaches to row 1,048,576 and column XFD"):
        open_("x.xlsx", xlsx(fill))


def test_xls(open_: Opener) -> None:
    rows: list[list[Any]] = [
        ["n", "f", "t", "b", "d"],
        [1, 1.5, "é", True, DAY],
        [-(2**40), 2, "", False],
    ]
    opened = open_("x.xls", xls({"one": rows, "two": []}, hidden=["two"]))
    assert opened.rows("select * from x") == [
        (1, 1.5, "é", 1, "2024-02-16"),
        (-(2**40), 2.0, None, 0, None),
    ]
    assert opened.notes == ["Sheet two is hidden and was left out."]


def test_ods(open_: Opener) -> None:
    opened = open_(
        "x.ods",
        ods(
            [
                [("string", "n"), ("string", "d"), ("string", "b"), ("string", "t")],
                [("float", "5"), ("date", "2024-02-16"), ("boolean", "true"), ("string", "é")],
                [("float", "1.5"), ("date", "1850-01-02"), ("boolean", "false"), ("string", "x")],
            ]
        ),
    )
    assert opened.rows("select * from x") == [
        (5.0, "2024-02-16", 1, "é"),
        (1.5, "1850-01-02", 0, "x"),
    ]


def test_text_that_is_called_a_spreadsheet(open_: Opener) -> None:
    opened = open_("report.xls", b"id\tname\n1\ta\n2\tb\n")
    assert opened.rows("select * from report") == [(1, "a"), (2, "b")]
    assert opened.notes == ["report.xls is not a spreadsheet but text, and was read as CSV."]


def test_other_documents_are_refused_in_words(open_: Opener) -> None:
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(SourceError, match="is not a spreadsheet but a Word file"):
        open_("x.xlsx", word.getvalue(), "excel")
    with pytest.raises(SourceError, match="another OpenDocument file"):
        open_("x.ods", odt())


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**52), 2**52),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_characters="_#"), max_size=9),
    st.dates(datetime.date(1900, 3, 1), datetime.date(9999, 12, 31)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_openpyxl_writes_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["k", "a", "b", "c"])
        for number, row in enumerate(rows):
            for column, value in enumerate([number, *row], 1):
                cell = sheet.cell(number + 2, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # whatever it begins with

    opened = Opener(tmp_path_factory.mktemp("x"))("x.xlsx", xlsx(fill))
    columns = [name for name, _ in opened.columns("x")]
    found = opened.rows("select * from x order by k")
    assert len(found) == len(rows)
    kinds = dict(opened.columns("x"))
    for row, values in zip(rows, found, strict=True):
        for name, value in zip("abc", row, strict=True):
            there = values[columns.index(name)] if name in columns else None
            expected = _stored(value, kinds[name])
            # openpyxl writes 16 digits of a float.
            assert there == (
                pytest.approx(expected, rel=1e-15)
                if kinds[name] == "REAL" and expected is not None
                else expected
            )


def _stored(value: Any, kind: str) -> Any:
    if isinstance(value, datetime.date):
        value = value.isoformat()
    if isinstance(value, bool):
        value = int(value)
    if value is None or value == "":
        return None
    if kind == "TEXT" and not isinstance(value, str):
        whole = isinstance(value, (bool, int)) or value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(float(f"{value:.16g}"))
    return value


def test_what_would_be_too_large_when_it_is_unpacked_is_refused(
    open_: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ods([[("string", "a")], [("float", "1")]])
    assert open_("t.ods", data).rows("select a from t") == [(1,)]
    monkeypatch.setattr(excel_import, "_MOST_BYTES", 500)
    for look in (open_, open_.preview):
        with pytest.raises(SourceError, match=r"u\.ods is too large: unpacked, it has 0\.0 GB\."):
            look("u.ods", data)


@pytest.mark.cpu_seconds(20)
def test_cells_that_are_repeated_too_often_are_refused(open_: Opener) -> None:
    data = io.BytesIO(ods([[("string", "a")], [("float", "1")]]))
    again = io.BytesIO()
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "content.xml":
                for what, count in ((b"column", b"16000"), (b"row", b"1000000")):
                    start = b"<table:table-cell" if what == b"column" else b"<table:table-row"
                    more = b' table:number-%ss-repeated="%s"' % (what, count)
                    content = content.replace(start, start + more)
            new.writestr(name, content)
    with pytest.raises(SourceError, match="of t.ods is too large: it reaches to row 2,000,000"):
        open_("t.ods", again.getvalue())
