"""A type chosen by the person: rows with values of another type are rejected, in every format."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.folder import Folder
from engine.importing.intake import Intake
from engine.importing.options import Request

#: Texts that no reader takes for an integer within 64 bits.
NO_INTEGERS = [
    *("1e999", "-1e999", "NaN", "nan", "Infinity", "-inf", "1.5", "1e-400", "0x10", "1_000"),
    *("１２３", "٣", "1\u00a0000", "9223372036854775808", "-9223372036854775809", "1" + "0" * 400),
    *("1" * 5000, "abc", "1,5", "007", "+", "--1", "1 2", "\U0001f600", "true"),
]
NO_FLOATS = [
    *("1e999", "-1e999", "NaN", "nan", "Infinity", "-inf", "0x10", "1_000", "１２３", "٣", "abc"),
    *("1,5", "+", ".", "e5", "true"),
]


class Result:
    def __init__(self, folder: Folder, taken: dict[str, Any]) -> None:
        self.taken = taken
        self._path = folder.database("data")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._path)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def take(tmp_path: Path, name: str, data: bytes, kind: str) -> Result:
    folder = Folder(tmp_path)
    file = tmp_path / "source-1"
    file.write_bytes(data)
    options = {"types": {"n": kind}, "name": "t"}
    request = Request.of({"parameter": "auto", "url": name, "options": options})
    taken = asyncio.run(Intake(folder).take(request, file, lambda *_: None))
    return Result(folder, taken)


def check(result: Result, kind: str, value: str) -> None:
    """One row fits, one is rejected with a reason; both are there."""
    assert result.rows("select id, n from t") == [(1, 1)], value[:40]
    kinds = "select type from pragma_table_info('t') where name = 'n'"
    assert result.rows(kinds) == [("INTEGER" if kind == "integer" else "REAL",)]
    [(number, reason, values)] = result.rows('select row, reason, "values" from t_rejected')
    assert number == 2
    assert reason.startswith("n is not "), reason
    assert json.loads(values)["id"] in (2, "2")


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_csv_integer(tmp_path: Path, value: str) -> None:
    data = f'id;n\n1;1\n2;"{value}"\n'.encode()
    check(take(tmp_path, "t.csv", data, "integer"), "integer", value)


@pytest.mark.parametrize("value", NO_FLOATS)
def test_csv_float(tmp_path: Path, value: str) -> None:
    check(take(tmp_path, "t.csv", f'id;n\n1;1\n2;"{value}"\n'.encode(), "float"), "float", value)


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_json_text_integer(tmp_path: Path, value: str) -> None:
    data = json.dumps([{"id": 1, "n": 1}, {"id": 2, "n": value}]).encode()
    check(take(tmp_path, "t.json", data, "integer"), "integer", value)


@pytest.mark.parametrize("value", NO_FLOATS)
def test_json_text_float(tmp_path: Path, value: str) -> None:
    data = json.dumps([{"id": 1, "n": 1}, {"id": 2, "n": value}]).encode()
    check(take(tmp_path, "t.json", data, "float"), "float", value)


@pytest.mark.parametrize("value", ["1e999", "-1e999", "1.5", "1e300", "1e19", "-1e19"])
@pytest.mark.parametrize("lines", [False, True])
def test_json_number_integer(tmp_path: Path, value: str, *, lines: bool) -> None:
    rows = ['{"id": 1, "n": 1}', f'{{"id": 2, "n": {value}}}']
    data = "\n".join(rows) if lines else f"[{', '.join(rows)}]"
    check(take(tmp_path, "t.json", data.encode(), "integer"), "integer", value)


@pytest.mark.parametrize("value", ["9223372036854775808", "1" + "0" * 400])
def test_json_integer_beyond_64_bits(tmp_path: Path, value: str) -> None:
    data = f'[{{"id": 1, "n": 1}}, {{"id": 2, "n": {value}}}]'.encode()
    check(take(tmp_path, "t.json", data, "integer"), "integer", value)


@pytest.mark.parametrize("value", [*NO_INTEGERS, 1.5, 1e300, 1e19, True])
def test_excel_integer(tmp_path: Path, value: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["id", "n"], [1, 1], [2, value]):
        sheet.append(row)
    sheet["B3"].value = value
    written = io.BytesIO()
    book.save(written)
    result = take(tmp_path, "t.xlsx", written.getvalue(), "integer")
    if value is True:
        assert result.rows("select n from t") == [(1,), (1,)]
    else:
        check(result, "integer", str(value))


class Rows:
    """Rows as shell/worker/sources/parquet.js passes them."""

    done = total = 2

    def __init__(self, value: Any, kind: str) -> None:
        self.columns = [{"name": "id", "type": "integer"}, {"name": "n", "type": kind}]
        self._batches = [[[1, 1], [2, value]]]

    async def next(self) -> list[list[Any]] | None:
        return self._batches.pop() if self._batches else None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (float("inf"), "float"),
        (float("-inf"), "float"),
        (1.5, "float"),
        (1e300, "float"),
        (2.0**63, "float"),
        ("9223372036854775808", "integer"),
        ("1" + "0" * 400, "integer"),
        ("1e999", "text"),
        ("１２３", "text"),
    ],
)
def test_parquet_integer(tmp_path: Path, value: Any, kind: str) -> None:
    folder = Folder(tmp_path)
    options = {"types": {"n": "integer"}, "name": "t"}
    request = Request.of({"parameter": "parquet", "url": "t.parquet", "options": options})
    rows = Rows(value, kind)
    aside = tmp_path / "source-1"
    taken = asyncio.run(Intake(folder).take_rows(request, rows, aside, lambda *_: None))
    check(Result(folder, taken), "integer", str(value))


@pytest.mark.parametrize("kind", ["integer", "float"])
@pytest.mark.parametrize("empty", ['""', ""])
def test_nothing_is_of_every_type(tmp_path: Path, kind: str, empty: str) -> None:
    result = take(tmp_path, "t.csv", f"id;n\n1;1\n2;{empty}\n".encode(), kind)
    assert result.rows("select n from t") == [(1,), (None,)]
