"""Excel and Parquet files hold what the database holds, as readers of others see it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
import sqlite3
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from datasette.views.base import DatasetteError
from python_calamine import CalamineWorkbook

from engine.datasette import parquet_stream, row_formats, xlsx_stream
from engine.datasette.all_rows import RowReader
from engine.datasette.parquet_stream import ColumnType, ParquetFile
from engine.datasette.thrift import I64, struct, varint
from engine.datasette.xlsx_stream import Workbook

PROJECT = Path(__file__).parents[4]

ODD = [
    (1, "plain", 1.5, b"\x00\xff"),
    (None, None, None, None),
    (-(2**63), '<&>"]]> =1+1', 1e300, b""),
    (2**53, "tab\tline\nend ", -0.0, b"text"),
    (0, "\x00\x1b_x0041_\ufffe 🦆", 5e-324, b"\n"),
]


def workbook(*sheets: tuple[str, Sequence[str], Sequence[Sequence[Any]]]) -> bytes:
    """Return a workbook with these sheets."""
    book = Workbook()
    for title, columns, rows in sheets:
        book.start_sheet(title, columns)
        book.add(rows)
    book.close()
    return book.take()


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    return list(opened(content)[sheet].iter_rows(values_only=True))


def test_workbook_holds_every_kind_of_value() -> None:
    content = workbook(("odd", ["i", "t", "r", "b"], ODD))
    rows = cells(content, "odd")
    assert rows[0] == ("i", "t", "r", "b")
    assert rows[1] == (1, "plain", 1.5, "AP8=")
    assert rows[2] == (None, None, None, None)
    assert rows[3][:3] == (str(-(2**63)), '<&>"]]> =1+1', 1e300)
    assert rows[4][:3] == (str(2**53), "tab\tline\nend ", 0)
    # Excel reads this as it was; openpyxl leaves it.
    assert rows[5][1] == "_x0000__x001B__x005F_x0041__xFFFE_ 🦆"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("odd")
    assert len(sheet.to_python()) == len(ODD) + 1


def test_nothing_in_a_workbook_is_a_formula() -> None:
    content = workbook(("t", ["=1+1"], [["=1+1"], ["@SUM(A1)"]]))
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert [cell.data_type for [cell] in opened(content)["t"].iter_rows()] == ["s"] * 3


def test_sheets_have_names_that_excel_accepts() -> None:
    names = ["a/b:c[d]*?", "A_B_C_D___", "", "history", "x" * 40, "x" * 40 + "y", "'q'", '<&">']
    found = opened(workbook(*[(name, ["a"], []) for name in names])).sheetnames
    assert found == [
        "a_b_c_d___",
        "A_B_C_D___ (2)",
        "Sheet",
        "history_",
        "x" * 31,
        "x" * 27 + " (2)",
        "q",
        '<&">',
    ]


def test_lengths_are_counted_as_excel_does() -> None:
    ducks = "🦆" * 20_000  # of two code units each
    names = ["🦆" * 20, "🦆" * 21, "x" * 30 + "'y"]
    content = workbook(*[(name, ["a"], [[ducks]]) for name in names])
    assert opened(content).sheetnames == ["🦆" * 15, "🦆" * 13 + " (2)", "x" * 30, "Notes"]
    assert cells(content, "x" * 30)[1] == ("🦆" * 16_383,)


def test_what_a_sheet_cannot_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_stream, "MOST_ROWS", 3)
    rows: list[list[Any]] = [["x" * 40_000], [b"y" * 40_000], ["z"], ["z"], ["z"]]
    content = workbook(("t", ["a"], rows))
    assert opened(content).sheetnames == ["t", "t (2)", "t (3)", "Notes"]
    assert [len(cells(content, name)) for name in ("t", "t (2)", "t (3)")] == [3, 3, 2]
    assert len(cells(content, "t")[1][0]) == 32_767
    assert cells(content, "t")[2] == ("Binary, 40,000 bytes",)
    notes = " ".join(row[0] for row in cells(content, "Notes"))
    assert "1 of the texts have more than 32,767 characters" in notes
    assert "1 of the BLOBs are too large" in notes
    with pytest.raises(ValueError, match=r"17,000 columns; a sheet can have 16,384"):
        workbook(("t", ["a"] * 17_000, []))


def parquet(
    folder: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]], batch: int = 100
) -> Mapping[str, Any]:
    """Write a Parquet file; return what hyparquet reads from it."""
    types = [ColumnType() for _ in columns]
    for kind, values in zip(types, zip(*rows, strict=True), strict=False):
        kind.see(values)
    file = ParquetFile(columns, types)
    parts = [file.add(rows[start : start + batch]) for start in range(0, len(rows), batch)]
    path = folder / "made.parquet"
    path.write_bytes(b"".join([*parts, file.close()]))
    command = ["node", "tests/support/read_parquet.js", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT, text=True)
    read: Mapping[str, Any] = json.loads(done.stdout)
    return read


def test_parquet_holds_every_kind_of_value(tmp_path: Path) -> None:
    read = parquet(tmp_path, ["i", "t", "r", "b"], ODD)
    kinds = [["i", "INT64"], ["t", "UTF8"], ["r", "DOUBLE"], ["b", "BYTE_ARRAY"]]
    assert read["columns"] == kinds
    for row, (i, t, r, b) in zip(read["rows"], ODD, strict=True):
        assert row["i"] == (None if i is None else str(i))
        assert (row["t"], row["r"]) == (t, r)
        assert row["b"] == (None if b is None else {"bytes": b.hex()})


def test_parquet_chooses_a_type_that_loses_nothing(tmp_path: Path) -> None:
    columns = ["numbers", "large", "mixed", "none", "infinite", "mixed"]
    rows = [(1, 2**60, 1, None, math.inf, b"\x00"), (0.5, 0.5, "x", None, 1.0, "y")]
    read = parquet(tmp_path, columns, rows)
    assert read["columns"] == [
        ["numbers", "DOUBLE"],
        ["large", "UTF8"],
        ["mixed", "UTF8"],
        ["none", "UTF8"],
        ["infinite", "DOUBLE"],
        ["mixed_2", "UTF8"],
    ]
    assert [list(row.values()) for row in read["rows"]] == [
        [1, str(2**60), "1", None, "Infinity", "AA=="],
        [0.5, "0.5", "x", None, 1, "y"],
    ]


def test_parquet_is_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_stream, "_GROUP_ROWS", 1000)
    rows = [(i, None if i % 3 else f"n{i}") for i in range(2500)]
    read = parquet(tmp_path, ["i", "t"], rows)
    assert read["groups"] == 3
    assert [(int(row["i"]), row["t"]) for row in read["rows"]] == rows


@pytest.mark.parametrize("columns", [["a", "b"], []])
def test_parquet_without_rows(tmp_path: Path, columns: list[str]) -> None:
    read = parquet(tmp_path, columns, [])
    assert ([name for name, _ in read["columns"]], read["rows"]) == (columns, [])


def test_thrift_encodes_long_lists_and_negative_numbers() -> None:
    assert varint(300) == b"\xac\x02"
    assert struct({1: -1, 3: I64(64)}) == b"\x15\x01\x26\x80\x01\x00"


def test_csv_has_all_rows_and_refuses_binary_data() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a, b)")
    rows = [(n, f'say "{n}",\n') for n in range(700)]
    connection.executemany("insert into t values (?, ?)", rows)

    async def read() -> str:
        reader = RowReader(connection, "select * from t", {})
        return b"".join([part async for part in row_formats.csv_text("t", reader)]).decode()

    expected = [["a", "b"], *([str(a), b] for a, b in rows)]
    assert list(csv.reader(io.StringIO(asyncio.run(read()), newline=""))) == expected
    connection.execute("delete from t")
    assert asyncio.run(read()) == "a,b\r\n"
    connection.execute("insert into t values (null, x'00')")
    with pytest.raises(DatasetteError, match="The column b of t has binary data"):
        asyncio.run(read())
