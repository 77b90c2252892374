"""Tests of engine.importing.json_import, json_shapes and loose_table: what sqlite-utils would have
made.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.importing import json_import
from engine.importing.imported import Imported
from engine.importing.json_head import closed
from engine.importing.json_import import import_json
from engine.importing.json_shapes import shape_of
from engine.importing.loose_table import LooseTable
from engine.importing.options import ImportOptions
from engine.pace import Pace


class Importer:
    """Imports a document as table t of a database in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.conn = sqlite3.connect(":memory:", isolation_level=None)

    def __call__(self, data: str | bytes, **options: Any) -> Imported:
        self.path.write_bytes(data.encode() if isinstance(data, str) else data)
        self.conn.execute("drop table if exists t")
        pace = Pace(self.path.stat().st_size, lambda *_: None)
        given = ImportOptions.of(options)
        return asyncio.run(import_json(self.path, self.conn, "t", "x.json", given, pace))

    def contents(self) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        columns = self.conn.execute("select name, type from pragma_table_info('t')").fetchall()
        return columns, self.conn.execute("select * from t").fetchall()


@pytest.fixture
def load(tmp_path: Path) -> Importer:
    return Importer(tmp_path / "x.json")


PLAIN: dict[str, list[dict[str, Any]]] = {
    "integers": [{"a": 1}, {"a": -5}],
    "integers and booleans": [{"a": 1}, {"a": True}],
    "integers and floats": [{"a": 1}, {"a": 2.5}],
    "booleans and floats": [{"a": False}, {"a": 2.5}],
    "numbers and text": [{"a": 1, "b": 1.5}, {"a": "x", "b": "y"}],
    "null alone": [{"a": None}, {"a": None}],
    "null and integers": [{"a": None}, {"a": 3}],
    "nested": [{"a": [1, {"b": "ü"}], "c": {"d": None}}],
    "nested and text": [{"a": [1]}, {"a": "x"}],
    "other keys": [{"a": 1}, {"b": "x"}, {"c": 1.5, "a": 2}],
    "odd names": [{"a b": 1, 'q"uote': 2, "select": 3}],
    "bytes": [{"a": {"$base64": True, "encoded": "AAEC"}}],
    "empty text": [{"a": ""}, {"a": "1"}],
}


@pytest.mark.parametrize("rows", PLAIN.values(), ids=PLAIN.keys())
@pytest.mark.parametrize("as_lines", [False, True], ids=["list", "lines"])
def test_table_is_that_of_sqlite_utils(
    load: Importer, rows: list[dict[str, Any]], as_lines: bool
) -> None:
    text = "\n".join(map(json.dumps, rows)) if as_lines else json.dumps(rows)
    assert load(text).rows == len(rows)
    theirs = sqlite_utils.Database(memory=True)
    decoded = (sqlite_utils.utils.decode_base64_values(row) for row in rows)
    theirs.table("t").insert_all(decoded, alter=True)
    columns = theirs.execute("select name, type from pragma_table_info('t')").fetchall()
    assert load.contents() == (columns, theirs.execute("select * from t").fetchall())
    assert load.conn.execute("select sql from sqlite_master where name = 't'").fetchall() == (
        theirs.execute("select sql from sqlite_master").fetchall()
    )
    theirs.close()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.lists(st.integers(), max_size=2),
)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcde"), VALUES), min_size=1, max_size=6))
def test_no_row_is_lost_whatever_the_values(rows: list[dict[str, Any]]) -> None:
    if not any(rows):
        return
    conn = sqlite3.connect(":memory:", isolation_level=None)
    loose = LooseTable(conn, "x")
    loose.add_objects(rows)
    made = asyncio.run(loose.finish("t", ImportOptions(), Pace(1, lambda *_: None).part(0, 1)))
    assert made.rows == len(rows)
    assert conn.execute("select count(*) from t").fetchone() == (len(rows),)
    conn.close()


def test_keyed_objects_have_a_primary_key(load: Importer) -> None:
    load('{"x": {"a": 1}, "y": {"a": 2}}')
    info = load.conn.execute("select name, pk from pragma_table_info('t')").fetchall()
    assert info == [("_key", 1), ("a", 0)]


def test_options_choose_another_primary_key(load: Importer) -> None:
    load('{"x": {"a": 1}, "y": {"a": 2}}', pk=["a"])
    info = load.conn.execute("select name, pk from pragma_table_info('t')").fetchall()
    assert info == [("_key", 0), ("a", 1)]


def test_the_largest_of_several_lists_is_noted(load: Importer) -> None:
    made = load('{"a": [{"x": 1}], "b": [{"x": 1}, {"x": 2}], "c": [1, 2, 3]}')
    assert made.rows == 2
    assert made.notes == [
        "Of the lists in it, 'b' was imported, because it is the longest. Left out, apart from"
        " the rows: a, c."
    ]


def test_geojson_names_that_are_taken() -> None:
    feature = {
        "type": "Feature",
        "id": 1,
        "properties": {"id": "own", "geometry": "own", "latitude": 0},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    assert shape_of({"type": "FeatureCollection", "features": [feature]}, "x").part(0, 9) == [
        {
            "_id": 1,
            "id": "own",
            "geometry": "own",
            "latitude": 0,
            "_geometry": {"type": "Point", "coordinates": [1, 2]},
        }
    ]


def test_geojson_that_is_cut_into_lines(load: Importer) -> None:
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": None}
    load(f"{json.dumps(feature)}\n{json.dumps(feature)}\n")
    assert load.contents()[1] == [(1, None), (1, None)]


def test_lists_without_a_header(load: Importer) -> None:
    load('[["x", "y"], ["z"]]', header=False)
    assert load.contents() == (
        [("untitled_1", "TEXT"), ("untitled_2", "TEXT")],
        [("x", "y"), ("z", None)],
    )


def test_too_many_columns_are_refused(load: Importer) -> None:
    with pytest.raises(SourceError, match="more than 2,000 columns"):
        load(json.dumps([{f"c{n}": n} for n in range(2001)]))


def test_place_of_an_error_is_told(load: Importer) -> None:
    with pytest.raises(SourceError, match="in line 2, column 8, at 'oops}]'") as caught:
        load('[{"a": 1},\n {"a": oops}]')
    assert "CSV" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": 1}, {"a": 2}, {"a"', [{"a": 1}, {"a": 2}]),
        ('{"next": 1, "rows": [{"a": 1},\n{"a": 2', [{"a": 1}]),
        ('{"x": {"a": 1}, "y": {"a', [{"_key": "x", "a": 1}]),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties":'
            ' {"a": 1}, "geometry": null}, {"ty',
            [{"a": 1, "geometry": None}],
        ),
    ],
)
def test_head_of_a_document_shows_its_first_rows(text: str, rows: list[dict[str, Any]]) -> None:
    assert shape_of(json.loads(closed(text)), "x").part(0, 9) == rows


@pytest.mark.parametrize(
    ("head", "whole"),
    [
        ('{"a": 1, "b": [1, 2', '{"a": 1, "b": [1]}'),
        ('[["a", "b"], [1, 2], [3, 4', '[["a", "b"], [1, 2], [3]]'),
        ('{"columns": ["a"], "rows": [[1], [2], [3', '{"columns": ["a"], "rows": [[1], [2]]}'),
        ('{"a": [1, 2, 3], "b": [4, 5', '{"a": [1, 2, 3], "b": [4]}'),
        ('[{"a": "one, {two}', '[{"a": "one, {two}"}]'),
        ('[{"a": "one\\', '[{"a": "one"}]'),
        ('[{"a": "one\\u12', '[{"a": "one"}]'),
        ('[{"a": "one\\"two', '[{"a": "one\\"two"}]'),
        ('["one", "tw', '["one", "tw"]'),
        ('[{"a": 1, "b": 2}, {"a": "x", "b', '[{"a": 1, "b": 2}, {"a": "x"}]'),
        ('{"a very long na', ""),
        ('[{"a": 1', ""),
    ],
)
def test_head_of_a_document_is_closed(head: str, whole: str) -> None:
    assert closed(head) == whole


def test_large_lines_come_in_slices(load: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_import, "_SLICE_ROWS", 7)
    assert load("\n".join(json.dumps({"n": n}) for n in range(100))).rows == 100
    assert load.contents()[1] == [(n,) for n in range(100)]
