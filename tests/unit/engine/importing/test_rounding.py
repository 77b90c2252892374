"""Numbers with more digits than a float holds: never rounded without a note, in any format."""

import doctest
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.importing import rounding
from engine.importing.rounding import is_rounded, may_be_rounded
from tests.unit.engine.importing.test_intake import World

steadily = settings(derandomize=True, deadline=None)

LONG = "0.1234567890123456789"
IN_FULL = "0.1000000000000000055511151231257827"  # what a float next to 0.1 is


@pytest.fixture(params=[False, True], ids=["at-start", "served"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    world = World(tmp_path, request.param)
    world.take("there.csv", "a\n1\n")
    return world


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(rounding).failed == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, False) for value in ("0", "-0.0", "1.50", "1e300", "x", "2024-01-01", "5e-324")),
        *((value, False) for value in (IN_FULL, "0.1" + "0" * 40, "1" + "0" * 30)),
        *((value, False) for value in (f"{-122.4194155:.15f}", "0.30000000000000004")),
        *(
            (value, True)
            for value in (LONG, "12345678901234567.89", "9007199254740993.0", "9007199254740993e0")
        ),
        *((value, True) for value in ("1.23456789e-320", "1e-400", "-0." + "1" * 1000)),
    ],
)
def test_which_numbers_lose_digits(value: str, expected: bool) -> None:
    assert is_rounded(value) is expected
    if expected:
        assert may_be_rounded(f"[{value}, 1]")


@steadily
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_what_is_not_rounded_is_the_same_number(number: Decimal) -> None:
    text = str(number)
    if not is_rounded(text):
        # The float, written with as many digits as the text has, is that text again.
        digits = len(number.as_tuple().digits)
        stored = float(text)
        assert stored == number == 0 or Decimal(f"{stored:.{digits - 1}e}") == number


@steadily
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 40))
def test_floats_that_a_program_wrote_lose_nothing(number: float, more: int) -> None:
    assert not is_rounded(repr(number))
    assert not is_rounded(f"{number:.{17 + more}g}")


def notes(world: World, file: str, content: str | bytes, /, **options: Any) -> list[str]:
    taken: list[str] = world.take(file, content, **options)["notes"]
    return taken


def test_csv(world: World) -> None:
    said = notes(world, "x.csv", f'a,b\n1.5,"two\nlines"\n{LONG},x\n{IN_FULL},y\n7.{"1" * 20},z\n')
    assert said == [
        "2 numbers have more digits than SQLite stores in a number, and were rounded: the first is"
        f" {LONG} in column a in line 4. To keep all digits, make the type of the column text."
    ]
    assert world.rows("select typeof(a) from x") == [("real",)] * 4
    assert notes(world, "y.csv", f"a\n{LONG}\n", types={"a": "text"}) == []
    assert world.rows("select a from y") == [(LONG,)]


def test_csv_with_integers_that_only_numeric_keeps(world: World) -> None:
    content = "a\n9007199254740993\n" + "1.5\n" * 1000 + f"{LONG}\n"
    assert len(notes(world, "x.csv", content)) == 1
    assert world.rows("select a from x limit 1") == [(9007199254740993,)]


def test_csv_with_decimal_commas(world: World) -> None:
    [note] = notes(world, "x.csv", f"a;b\n{LONG.replace('.', ',')};1\n", decimal=",")
    assert f"rounded: {LONG} in column a in line 2." in note


@pytest.mark.parametrize("value", [LONG, "9007199254740993"])
def test_csv_with_a_type_that_a_person_chose(world: World, value: str) -> None:
    for content in (f"n\n{value}\n", f"n\n{value}\nx\n", f"n,id\n{value},1\n"):
        said = notes(world, "x.csv", content, types={"n": "float"}, exists="replace", name="x")
        assert f"was rounded: {value} in column n in line 2." in " ".join(said)


def test_a_column_that_is_left_out_is_not_mentioned(world: World) -> None:
    assert notes(world, "x.csv", f"a,b\n{LONG},1\n", drop=["a"]) == []


@pytest.mark.parametrize(
    "content",
    [
        f'[{{"a": {LONG}}}, {{"a": 1.5}}]',
        f'{{"a": {LONG}}}\n{{"a": 2.5}}\n',
        f'// comment\n[{{"a": {LONG}}}]',
        f'[{{"a": {LONG}, "a": {LONG}}}]',  # is read a second time, for the repeated member
        f'[{{"a": [{LONG}]}}]',
        "[" + '{"a": 1.5},' * 100_000 + f'{{"a": {LONG}}}]',
    ],
    ids=["document", "lines", "comments", "repeated", "nested", "large"],
)
def test_json(world: World, content: str) -> None:
    said = notes(world, "x.json", content)
    assert f" {LONG}. In quotation marks, they keep all digits." in " ".join(said)


def test_json_number_that_vanishes(world: World) -> None:
    assert "rounded: 1e-400." in " ".join(notes(world, "x.json", '[{"a": 1e-400}]'))


def test_json_with_a_type_that_a_person_chose(world: World) -> None:
    content = f'[{{"n": 9007199254740993}}, {{"n": "{LONG}"}}, {{"n": 1.5}}]'
    [note] = notes(world, "x.json", content, types={"n": "float"})
    assert note.startswith("2 numbers") and "9007199254740993 in column n." in note


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("BIGINT", "007", 7),
        ("DOUBLE", "9007199254740993", 9007199254740992.0),
        ("DECIMAL(10, 2)", "12345678901234567890", 1.2345678901234567e19),
        ("DATE", "+41446681800", 41446681800),
    ],
)
def test_values_added_to_a_column_of_numbers(
    world: World, kind: str, value: str, expected: float
) -> None:
    with sqlite3.connect(world.path / "databases/data.db") as conn:
        conn.execute(f"create table numbers (n {kind})")
    conn.close()
    said = notes(world, "x.csv", f"n\n{value}\n5\n", name="numbers", exists="add")
    assert f"1 value was changed, since column n holds numbers: it was {value} and" in " ".join(
        said
    )
    assert world.rows("select n from numbers") == [(expected,), (5,)]


def test_values_that_stay_what_they_are_when_they_are_added(world: World) -> None:
    with sqlite3.connect(world.path / "databases/data.db") as conn:
        conn.execute("create table mixed (t varchar, d date, b)")
    conn.close()
    content = '[{"t": 0.30000000000000004, "d": "2024-01-01", "b": "007"}, {"d": 5, "b": 1.5}]'
    assert notes(world, "x.json", content, name="mixed", exists="add") == []
    assert world.rows("select * from mixed") == [
        ("0.30000000000000004", "2024-01-01", "007"),
        (None, 5, "1.5"),
    ]


def test_phone_numbers_keep_their_plus_sign(world: World) -> None:
    assert notes(world, "x.csv", "tel,change\n+41446681800,+7\n+14155552671,-3\n") == []
    assert world.rows("select * from x") == [("+41446681800", 7), ("+14155552671", -3)]
    notes(world, "y.csv", "tel\n+41446681800\n", types={"tel": "integer"})
    assert world.rows("select tel from y") == [(41446681800,)]
