"""Errors, formulas without results and cells far away, in the formats of all spreadsheets."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlwt
from openpyxl.styles import Font

from engine.errors import SourceError
from tests.support.opening import Opener
from tests.support.spreadsheets import ErrorValue, ods_of, ods_row, ods_text, xlsb, xlsx

NOT_AVAILABLE = ErrorValue("\x2a")
ODS_ERROR = (
    '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
    ' calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
)
ODS_DIVISION = (
    '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0"'
    ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
)


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def _errors(sheet: Any) -> None:
    for row in (["a", "b"], ["#N/A", "#N/A"], ["x", 2]):
        sheet.append(row)
    sheet["A2"].data_type = "s"


def _prefixed(data: bytes) -> bytes:
    """Return a workbook whose sheets have prefixes, as the Open XML SDK writes them."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", text).replace(b"xmlns=", b"xmlns:x=")
            new.writestr(name, text)
    return file.getvalue()


def _xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet")
    rows: list[list[Any]] = [["a", "b"], ["#N/A"], ["x", 2]]
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    sheet.row(1).set_cell_error(1, 0x2A)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FILES = {
    "xlsx": xlsx(_errors),
    "xlsm": _prefixed(xlsx(_errors)),
    "xls": _xls(),
    "xlsb": xlsb(
        {(0, 0): "a", (0, 1): "b", (1, 0): "#N/A", (1, 1): NOT_AVAILABLE, (2, 0): "x", (2, 1): 2},
        "Sheet",
    ),
    "ods": ods_of(
        {
            "Sheet": ods_row(ods_text("a"), ods_text("b"))
            + ods_row(ods_text("#N/A"), ODS_DIVISION)
            + ods_row(
                ods_text("x"), '<table:table-cell office:value-type="float" office:value="2"/>'
            )
        }
    ),
}


@pytest.mark.parametrize("suffix", FILES)
def test_errors_are_null_and_told_and_text_like_them_stays(open_: Opener, suffix: str) -> None:
    opened = open_(f"t.{suffix}", FILES[suffix])
    assert opened.rows("select * from t") == [("#N/A", None), ("x", 2)]
    where = "the file" if suffix == "xls" else "sheet Sheet"
    note = f"Cell B2 of {where} holds an error such as #N/A; that is NULL here."
    assert opened.notes == [note]


def test_formula_errors_of_old_files_are_told(open_: Opener) -> None:
    formula = bytes.fromhex("0600 1700 0300 0200 0f00 02002a000000ffff 0000 00000000")
    opened = open_("t.xls", _xls() + formula)
    [note] = opened.notes
    assert note.startswith("2 cells (the first is B2) of the file hold errors")


def test_errors_and_formulas_of_open_documents(open_: Opener) -> None:
    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    rows = ods_row(blank, repeated=2) + ods_row(blank, ods_text("a"), ods_text("b"), ods_text("c"))
    rows += ods_row(blank, ODS_ERROR, ODS_DIVISION, ods_text("x"))
    rows += ods_row(blank, ods_text("y"), formula, ods_text("z"))
    opened = open_("t.ods", ods_of({"A &amp; B": rows}))
    assert opened.rows("select * from t") == [(None, None, "x"), ("y", None, "z")]
    errors, formulas = opened.notes
    assert errors.startswith("2 cells (the first is C4) of sheet A & B hold errors")
    assert formulas.startswith("Cell D5 of sheet A & B holds a formula whose result was not saved")


def _ods_division(repeated: int) -> str:
    """Return the XML of a cell with the error of ODS_DIVISION, repeated in its row."""
    return ODS_DIVISION.replace(
        "<table:table-cell", f'<table:table-cell table:number-columns-repeated="{repeated}"'
    )


def test_errors_in_repeated_cells_of_open_documents(open_: Opener) -> None:
    rows = ods_row(ods_text("a"), ods_text("b"), ods_text("c"))
    rows += ods_row(ods_text("x"), _ods_division(2))
    rows += ods_row(ods_text("y"), _ods_division(1), ods_text("z"), repeated=3)
    opened = open_("t.ods", ods_of({"S": rows}))
    assert opened.rows("select * from t") == [("x", None, None), *[("y", None, "z")] * 3]
    [note] = opened.notes
    assert note.startswith("5 cells (the first is B2) of sheet S hold errors")


@pytest.mark.cpu_seconds(10)
def test_millions_of_repeated_errors_are_refused(open_: Opener) -> None:
    rows = ods_row(ods_text("a"), ods_text("b")) + ods_row(_ods_division(20), repeated=1_000_000)
    with pytest.raises(SourceError, match="sheet S has more than 500,000 cells with errors"):
        open_("t.ods", ods_of({"S": rows}))


FAR = {
    "xlsx": xlsx(lambda sheet: sheet.__setitem__("XFD1048576", 1)),
    "xlsb": xlsb({(0, 0): "a", (1_048_575, 16_383): 1.0}),
    "ods": ods_of(
        {
            "Sheet": ods_row(ods_text("a"))
            + ods_row(repeated=1_048_574)
            + ods_row('<table:table-cell table:number-columns-repeated="16383"/>', ods_text("z"))
        }
    ),
}


@pytest.mark.parametrize("suffix", FAR)
def test_a_sheet_that_reaches_too_far_is_refused(open_: Opener, suffix: str) -> None:
    with pytest.raises(SourceError, match="it reaches to row 1,048,576 and column XFD"):
        open_(f"t.{suffix}", FAR[suffix])


def test_cells_that_are_only_formatted_do_not_count(open_: Opener) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["a"])
        sheet.append([1])
        sheet["XFD1048576"].font = Font(bold=True)

    assert open_("t.xlsx", xlsx(fill)).rows("select * from t") == [(1,)]
    blank = '<table:table-cell table:style-name="x" table:number-columns-repeated="16384"/>'
    rows = ods_row(ods_text("a")) + ods_row(ods_text("b")) + ods_row(blank, repeated=1_048_574)
    assert open_("u.ods", ods_of({"S": rows})).rows("select * from u") == [("b",)]


def test_binary_workbooks(open_: Opener) -> None:
    opened = open_("t.xlsb", xlsb({(0, 0): "a", (0, 1): "b", (1, 0): 1.5, (1, 1): "x"}))
    assert opened.rows("select * from t") == [(1.5, "x")]
    assert opened.notes == []


def test_a_sheet_that_is_missing_in_a_binary_workbook(open_: Opener) -> None:
    data, again = xlsb({(0, 0): "a"}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"rId1"', b'"rId2"'))
    with pytest.raises(SourceError, match="can't be read: the part 'rId1' with sheet S is missing"):
        open_("t.xlsb", again.getvalue())


def test_an_error_does_not_quote_kilobytes_of_the_file(open_: Opener) -> None:
    data = bytearray(xlsx(lambda sheet: sheet.append(["a" * 9]) or sheet.append([1])))
    name = data.index(b"xl/worksheets/sheet1.xml")
    data[name - 4 : name - 2] = (len(data) - name).to_bytes(2, "little")
    with pytest.raises(SourceError, match="is a spreadsheet that can't be read: ") as caught:
        open_("t.xlsx", bytes(data))
    assert len(caught.value.message) < 300
