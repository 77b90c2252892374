import doctest
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils.utils import TypeTracker

from engine.importing import column_types
from engine.importing.column_types import ColumnType, ColumnTypes, type_of

# The same examples every time and no time limits: a busy machine must not fail a build.
steadily = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])

INTEGER, FLOAT, NUMERIC, TEXT = ColumnType

# Value and type. Each is tried alone and in company, so that both the pattern for whole columns
# and the one for single values are asked.
VALUES = [
    ("0", INTEGER),
    ("7", INTEGER),
    ("-7", INTEGER),
    ("+7", INTEGER),
    ("-0", INTEGER),
    (" 7 ", INTEGER),
    ("\t7\v\f\r\n", INTEGER),
    ("9223372036854775807", INTEGER),
    ("-9223372036854775808", INTEGER),
    ("9223372036854775808", TEXT),
    ("-9223372036854775809", TEXT),
    ("9" * 5000, TEXT),
    ("0.5", FLOAT),
    ("-0.0", FLOAT),
    (".5", FLOAT),
    ("5.", FLOAT),
    ("1e5", FLOAT),
    ("1.5E-300", FLOAT),
    ("0e0", FLOAT),
    ("0." + "1" * 400, FLOAT),
    ("1e308", FLOAT),
    ("1e309", TEXT),
    ("1e-400", TEXT),
    ("0e-400", FLOAT),
    ("007", TEXT),
    ("-01", TEXT),
    ("00", TEXT),
    ("00.5", TEXT),
    ("01e5", TEXT),
    (" 01", TEXT),
    ("1_000", TEXT),
    ("1,000", TEXT),
    ("nan", TEXT),
    ("inf", TEXT),
    ("-Infinity", TEXT),
    ("\u0661", TEXT),
    ("\u00a07", TEXT),
    ("\x1c7", TEXT),
    ("0x10", TEXT),
    (".", TEXT),
    ("-", TEXT),
    ("e5", TEXT),
    (".e5", TEXT),
    ("1e", TEXT),
    ("1e1.5", TEXT),
    ("1 2", TEXT),
    ("1\n2", TEXT),
    ("- 1", TEXT),
    ("--1", TEXT),
    ("1.2.3", TEXT),
    (" ", TEXT),
    ("True", TEXT),
    ("2024-01-01", TEXT),
]


def type_of_column(*batches: list[str]) -> ColumnType:
    types = ColumnTypes(1)
    for batch in batches:
        types.see([[value] for value in batch])
    return types.types[0]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(column_types).failed == 0


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_type_of_value_and_of_columns_with_it(value: str, expected: ColumnType) -> None:
    assert type_of(value) is expected
    assert type_of_column([value]) is expected
    assert type_of_column(["1", value, ""]) is expected
    assert type_of_column(["1"], [""], [value]) is expected
    mixed = max(FLOAT, expected)
    if expected is INTEGER and abs(int(value)) > 2**53:
        mixed = NUMERIC
    assert type_of_column(["1.5", value]) is mixed
    assert type_of_column([value], ["1.5"]) is mixed
    assert type_of_column([value], ["x"]) is TEXT


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_sqlite_stores_what_is_no_text_as_a_number(value: str, expected: ColumnType) -> None:
    if expected is TEXT:
        return
    conn = sqlite3.connect(":memory:")
    conn.execute(f"CREATE TABLE t (c {expected.declaration})")
    conn.execute("INSERT INTO t VALUES (?)", [value])
    stored, kind = conn.execute("SELECT c, typeof(c) FROM t").fetchone()
    conn.close()
    assert kind == expected.declaration.lower()
    assert stored == (int(value) if expected is INTEGER else float(value))


def test_empty_strings_say_nothing() -> None:
    assert type_of_column([]) is INTEGER
    assert type_of_column(["", ""]) is INTEGER
    assert type_of_column(["", "1.5"]) is FLOAT


def test_text_is_final() -> None:
    assert type_of_column(["x"], ["1"]) is TEXT


def test_blanks_are_noticed_in_the_batch_that_has_one() -> None:
    types = ColumnTypes(2)
    types.see([["1", "x"], ["2", "y"]])
    assert types.blanks == [False, False]
    types.see([["", "z"]])
    assert types.blanks == [True, False]


def test_integers_that_a_float_would_change_stay_what_they_are() -> None:
    for column in (["9007199254740993", "0.5"], ["1.5", "-9223372036854775808"]):
        conn = sqlite3.connect(":memory:")
        conn.execute(f"CREATE TABLE t (c {type_of_column(column).declaration})")
        conn.executemany("INSERT INTO t VALUES (?)", [(value,) for value in column])
        assert [str(value) for (value,) in conn.execute("SELECT c FROM t")] == column
        conn.close()


@steadily
@given(st.lists(st.text(alphabet="0123456789.-+eE _x\n", max_size=8), max_size=20))
def test_type_differs_from_sqlite_utils_only_towards_text(values: list[str]) -> None:
    tracker = TypeTracker()
    list(tracker.wrap({"c": value} for value in values))
    theirs = {"integer": INTEGER, "float": FLOAT, "text": TEXT}[tracker.types.get("c", "integer")]
    ours = type_of_column(values)
    assert ours in (theirs, TEXT)
    if ours is not theirs:
        assert any(type_of(value) is TEXT for value in values if value)


@steadily
@given(st.lists(st.one_of(st.integers().map(str), st.floats().map(repr), st.just("")), max_size=30))
def test_matching_whole_columns_agrees_with_matching_values(values: list[str]) -> None:
    kinds = [(type_of(value), value) for value in values if value]
    expected = max((kind for kind, _ in kinds), default=INTEGER)
    is_wide = any(kind is INTEGER and abs(int(value)) > 2**53 for kind, value in kinds)
    if expected is FLOAT and is_wide:
        expected = NUMERIC
    assert type_of_column(values) is expected
