"""Tests of engine.importing.row_import: rows that JavaScript reads from Parquet."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Cancelled, SourceError
from engine.folder import Folder
from engine.importing.intake import Intake
from engine.importing.options import Request


class Rows:
    """Rows as they come from JavaScript, a slice at a time."""

    def __init__(
        self,
        columns: dict[str, str],
        slices: list[list[list[Any]]],
        error: str = "",
        on_next: Callable[[], None] = lambda: None,
    ) -> None:
        self.columns = [{"name": name, "type": kind} for name, kind in columns.items()]
        self._slices = slices
        self._error = error
        self._on_next = on_next
        self.done = 0
        self.total = 10 * len(slices)

    async def next(self) -> list[list[Any]] | None:
        await asyncio.sleep(0)
        self._on_next()
        if self.done < self.total:
            self.done += 10
            return self._slices[self.done // 10 - 1]
        if self._error:
            raise ValueError(self._error)
        return None


class World:
    """A folder into which rows are taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = Folder(path)

    def take(self, rows: Rows, report: Any = lambda *_: None, **options: Any) -> dict[str, Any]:
        request = Request.of({"parameter": "parquet", "url": "x.parquet", "options": options})
        aside = self.folder.aside("rows-1")
        return asyncio.run(Intake(self.folder).take_rows(request, rows, aside, report))

    def contents(self) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        conn = sqlite3.connect(self.folder.database("data"))
        try:
            columns = conn.execute("select name, type from pragma_table_info('x')").fetchall()
            return columns, conn.execute("select * from x").fetchall()
        finally:
            conn.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_nothing_is_saved_of_a_table_that_is_half_built(tmp_path: Path) -> None:
    world = World(tmp_path)
    big = [[["x" * 1000] for _ in range(5000)] for _ in range(3)]

    def saved() -> set[Path]:
        """What the worker watches, and saves with whatever is saved next."""
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {path for path in files if tmp_path / "incoming" not in path.parents}

    meanwhile: list[set[Path]] = []
    world.take(Rows({"a": "text"}, big, on_next=lambda: meanwhile.append(saved())))
    assert meanwhile == [set()] * 4  # before each slice, and at the end
    assert world.folder.database("data") in saved()


def test_types_are_those_of_the_file(world: World) -> None:
    kinds = {"i": "integer", "f": "float", "t": "text", "b": "blob", "j": "json"}
    base64 = {"$base64": True, "encoded": "AAE="}
    slices: list[list[list[Any]]] = [
        [["9007199254740993", 1, "x", base64, {"a": [1]}]],
        [[2, 2, None, None, None], [None, None, None, None, [1, "2"]]],
    ]
    result = world.take(Rows(kinds, slices))
    assert result["added"] == [{"database": "data", "table": "x", "rows": 3}]
    assert world.contents() == (
        [("i", "INTEGER"), ("f", "REAL"), ("t", "TEXT"), ("b", "BLOB"), ("j", "TEXT")],
        [
            (9007199254740993, 1.0, "x", b"\0\1", '{"a": [1]}'),
            (2, 2.0, None, None, None),
            (None, None, None, None, '[1, "2"]'),
        ],
    )


def test_columns_of_null_alone_have_the_types_of_the_file(world: World) -> None:
    kinds = {"i": "integer", "f": "float", "t": "text", "b": "blob", "j": "json"}
    world.take(Rows(kinds, [[[None] * 5]]))
    assert [kind for _, kind in world.contents()[0]] == ["INTEGER", "REAL", "TEXT", "BLOB", "TEXT"]


def test_unsigned_integers_beyond_64_bits_are_text(world: World) -> None:
    world.take(Rows({"i": "integer"}, [[["18446744073709551615"], [1]]]))
    assert world.contents() == ([("i", "TEXT")], [("18446744073709551615",), ("1",)])


def test_no_rows_make_an_empty_table(world: World) -> None:
    world.take(Rows({"a": "integer", "b": "text"}, []))
    assert world.contents() == ([("a", "INTEGER"), ("b", "TEXT")], [])


def test_options_are_heeded(world: World) -> None:
    rows = Rows({"id": "integer", "n": "text", "x": "text"}, [[[1, "a", ""], [1, "b", ""]]])
    result = world.take(rows, pk=["id"], drop=["x"], fts=["*"])
    assert world.contents()[1] == [(1, "a")]
    assert result["notes"] == ["1 row did not fit and is in table x_rejected."]


def test_file_that_breaks_off_leaves_nothing(world: World) -> None:
    rows = Rows({"a": "integer"}, [[[1]]], error="unexpected end of page")
    with pytest.raises(SourceError, match="read completely: unexpected end of page"):
        world.take(rows)
    assert world.folder.database_names() == []
    assert [path for path in world.path.rglob("*") if path.is_file()] == []


def test_cancelling_leaves_nothing(world: World) -> None:
    with pytest.raises(Cancelled):
        world.take(Rows({"a": "integer"}, [[[1]]]), report=lambda *_: False)
    assert world.folder.database_names() == []
    assert [path for path in world.path.rglob("*") if path.is_file()] == []


def test_what_is_no_number_or_infinite_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    nan, infinity = float("nan"), float("inf")
    rows: list[list[Any]] = [[nan, [1, nan]], [1.5, None], [infinity, [-infinity]]]
    made = world.take(Rows({"x": "float", "y": "json"}, [rows]))
    assert world.contents()[1] == [(None, "[1, null]"), (1.5, None), (infinity, "[-9e999]")]
    assert made["notes"] == [
        "2 values were read as NULL: NaN, not a number.",
        "2 of the values are infinite, or too large for a number.",
    ]
