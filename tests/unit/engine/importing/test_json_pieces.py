"""Parsing JSON in pieces has the same result as the standard library, with turns in between."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importing.json_pieces import parse_in_pieces
from engine.importing.json_values import JsonParser


async def _no_breath(position: int) -> None:
    pass


def in_pieces(text: str) -> Any:
    return asyncio.run(parse_in_pieces(text, _no_breath, JsonParser()))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.sampled_from([None, 1]), st.sampled_from(["", " \n\t\r"]))
def test_as_the_standard_library(value: Any, indent: int | None, around: str) -> None:
    text = around + json.dumps(value, indent=indent) + around
    assert in_pieces(text) == value


@given(VALUES, st.data())
def test_what_is_cut_off_or_damaged_is_refused_as_there(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    damaged = (
        text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", '"', ":", "x"])) + text[at + 1 :]
    )
    try:
        expected = json.loads(damaged, object_pairs_hook=JsonParser().object_of)
    except ValueError:
        with pytest.raises(ValueError):
            in_pieces(damaged)
    else:
        assert in_pieces(damaged) == expected


def test_later_members_of_one_name_count_and_the_others_are_kept() -> None:
    document = in_pieces('{"a": [1], "a": [2], "a": [3]}')
    assert document == {"a": [3], "a_2": [1], "a_3": [2]}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"n": n, "m": {"x": n}} for n in range(2000)]),
        json.dumps({"rows": [{"n": n} for n in range(2000)], "count": 2000}),
        json.dumps({f"k{n}": {"n": n} for n in range(2000)}),
    ],
)
def test_others_get_their_turn_throughout(text: str) -> None:
    positions: list[int] = []

    async def breathe(position: int) -> None:
        positions.append(position)

    assert asyncio.run(parse_in_pieces(text, breathe, JsonParser())) == json.loads(text)
    steps = [
        after - before
        for before, after in zip([0, *positions], [*positions, len(text)], strict=True)
    ]
    assert max(steps) < len(text) / 5


def test_rows_of_one_shape_share_their_names() -> None:
    first, second = in_pieces('[{"a name": 1}, {"a name": 2}]')
    assert next(iter(first)) is next(iter(second))


@pytest.mark.cpu_seconds(10)
@pytest.mark.parametrize("value", ['{"a": %d}', "[%d]"])
def test_thousands_of_members_with_one_name_take_no_time(value: str) -> None:
    text = "{" + ", ".join(f'"item": {value % number}' for number in range(20_000)) + "}"
    document = in_pieces(text)
    assert len(document) == 20_000
    assert document["item"] == json.loads(value % 19_999)
    assert document["item_20000"] == json.loads(value % 19_998)
    assert JsonParser().parse(text) == document


@pytest.mark.parametrize("text", ['{"a": 1, "a" : 2}', '{"a": 1, "a" \n:2}', '{"a": 1, "a"\t: 2}'])
def test_blanks_before_a_colon_hide_no_member(text: str) -> None:
    assert JsonParser().parse(text) == {"a": 2, "a_2": 1}
    assert JsonParser().parse(f"[{text}]") == [{"a": 2, "a_2": 1}]
    assert in_pieces(f"[{text}]") == [{"a": 2, "a_2": 1}]


@pytest.mark.parametrize(
    ("first", "second"), [("1", "true"), ("false", "0"), ("[1]", "[true]"), ("1", "1.0")]
)
def test_values_of_other_types_are_other_values(first: str, second: str) -> None:
    document = JsonParser().parse(f'{{"a": {first}, "a": {second}}}')
    assert json.dumps(document) == f'{{"a": {second}, "a_2": {first}}}'


def test_the_same_member_twice_is_one() -> None:
    text = '{"a": {"b": 1, "c": 2}, "a": {"c": 2, "b": 1}}'
    assert JsonParser().parse(text) == {"a": {"b": 1, "c": 2}}
