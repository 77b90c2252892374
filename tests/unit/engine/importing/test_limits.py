"""Extreme files become data, or a sentence, in little time and memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from engine.errors import SourceError
from tests.support.opening import Opener

MILLION = 1_000_000

#: Seconds of CPU time, of which WebAssembly needs three to five times as many.
MOST_SECONDS = 4.0


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def outcome(work: Callable[[], Any]) -> Any:
    """Return what comes of it: a result, or the message of the error; in time."""
    before = process_time()
    try:
        result = work()
    except SourceError as error:
        result = error.message
    assert process_time() - before < MOST_SECONDS
    return result


REFUSED: dict[str, tuple[str, Callable[[], str], str]] = {
    "a line without an end": ("x.csv", lambda: "x" * 40 * MILLION, "has a line of more than"),
    "a million columns": (
        "x.csv",
        lambda: ",".join(f"c{n}" for n in range(MILLION)) + "\n1,2\n",
        "has 1,000,000 columns",
    ),
    "a million columns of one name": ("x.csv", lambda: "a," * MILLION, "columns; a SQLite table"),
    "a million columns without a name": ("x.csv", lambda: "," * MILLION, "columns; a SQLite table"),
    "a million members": (
        "x.json",
        lambda: json.dumps([{f"k{n}": 1 for n in range(MILLION // 5)}]),
        "has more than 2,000 columns",
    ),
    "nothing but line ends": ("x.csv", lambda: "\n" * MILLION, "is empty"),
    "nothing but opening brackets": ("x.json", lambda: "[" * MILLION, "nested too deeply"),
    "nothing but comments": ("x.json", lambda: f"[{'/*' * MILLION}]", "is not JSON"),
    "nothing but commas": ("x.json", lambda: f"[{' , ' * MILLION}]", "is not JSON"),
    "a text without an end": ("x.json", lambda: '["' + "\\" * MILLION, "is not JSON"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(open_: Opener, what: str) -> None:
    name, make, said = REFUSED[what]
    data = make().encode()
    assert said in outcome(lambda: open_(name, data))
    shown = outcome(lambda: open_.preview(name, data))
    assert isinstance(shown, dict) or said in shown or "nested" in shown


TAKEN: dict[str, tuple[str, Callable[[], str], str, int]] = {
    "a long name": ("x.json", lambda: f'[{{"{"k" * 5 * MILLION}": 7}}]', "sum(1)", 1),
    "a long text": (
        "x.json",
        lambda: f'[{{"a": "{"k" * 20 * MILLION}"}}]',
        "length(a)",
        20 * MILLION,
    ),
    "a long integer": ("x.json", lambda: f'[{{"a": {"9" * MILLION}}}]', "length(a)", MILLION),
    "a long integer in a line": (
        "x.ndjson",
        lambda: f'{{"a": 1}}\n{{"a": {"9" * MILLION}}}\n',
        "max(length(a))",
        MILLION,
    ),
    "a long integer beside a comment": (
        "x.json",
        lambda: f'[{{"a": {"9" * MILLION}}} /* end */]',
        "length(a)",
        MILLION,
    ),
    "a long number": ("x.csv", lambda: f"a\n{'9' * MILLION}\n", "length(a)", MILLION),
    "a long row": ("x.csv", lambda: "a,b\n" + "3," * MILLION + "\n5,6\n", "count(*)", 2),
    "nothing but quotation marks": ("x.csv", lambda: "a,b\n" + '"' * MILLION, "count(*)", 1),
    "names that are all equal": ("x.csv", lambda: "a," * 1998 + "b\n" + "1," * 1998 + "2", "b", 2),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken(open_: Opener, what: str) -> None:
    name, make, expression, value = TAKEN[what]
    data = make().encode()
    opened = outcome(lambda: open_(name, data))
    assert opened.rows(f"SELECT {expression} FROM x") == [(value,)]
    assert isinstance(outcome(lambda: open_.preview(name, data)), dict)


#: More than a preview looks at.
MANY = 40_000

LARGE: dict[str, Any] = {
    "lists": [["n", "t"], *([number, "text"] for number in range(MANY))],
    "columns and rows": {"columns": ["n", "t"], "rows": [[one, "text"] for one in range(MANY)]},
    "columns": {"n": list(range(2 * MANY))},
    "values": list(range(2 * MANY)),
    "one object": {"n": 1, "t": "text" * MANY * 2, "more": [1, 2]},
    "one large shape": {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"n": 1, "t": "text"},
                "geometry": {"type": "LineString", "coordinates": [[n, n] for n in range(MANY)]},
            }
        ],
    },
    "objects of objects": {f"k{number}": {"n": number} for number in range(MANY)},
}


@pytest.mark.parametrize("shape", LARGE)
def test_a_preview_shows_what_a_large_document_becomes(open_: Opener, shape: str) -> None:
    data = json.dumps(LARGE[shape]).encode()
    assert len(data) > 256 * 1024
    [table] = open_.preview("x.json", data)["tables"]
    shown = [column["name"] for column in table["columns"]]
    there = [name for name, _ in open_("x.json", data).columns("x")]
    assert shown == there[: len(shown)] and len(table["rows"]) > 0
