"""Tests of plugins/not_found.py: pages that do not exist, and what they offer."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.support.instances import opened
from tests.support.wire import Wire


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("create table legislators (id integer primary key)")
    connection.execute("create table parties (id integer primary key)")


def answer(tmp_path: Path, path: str) -> tuple[int, str]:
    async def ask() -> Wire:
        return await (await opened(tmp_path, fill)).get(path)

    wire = asyncio.run(ask())
    return wire.status, wire.body.decode()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "data/legislator",
            [
                "There is no table “legislator” in “data”",
                'Did you mean <a href="/app/data/legislators">legislators</a>?',
                'href="/app/data/parties"',
                "in their own browser",
            ],
        ),
        ("dta", ["There is no database “dta” here", '<a href="/app/data">data</a>?']),
        (
            "data/parties/7",
            ["There is no row 7 in “parties”", 'href="/app/data/parties"'],
        ),
        ("-/nowhere", ["There is no page at this address", "mistyped"]),
        ("data/<b>", ["There is no table “&lt;b&gt;” in “data”"]),
    ],
)
def test_what_does_not_exist_says_what_does(tmp_path: Path, path: str, said: list[str]) -> None:
    status, text = answer(tmp_path, path)
    assert status == 404
    for words in [*said, '<a href="http://localhost/">Start page</a>', 'href="/app/"']:
        assert words in text


def test_programs_get_datasettes_own_answer(tmp_path: Path) -> None:
    status, text = answer(tmp_path, "data/nowhere.json")
    assert status == 404
    assert '"error":"Table not found"' in text.replace('": "', '":"')


def test_a_name_like_nothing_here_is_not_guessed_at(tmp_path: Path) -> None:
    _, text = answer(tmp_path, "data/zzz")
    assert "Did you mean" not in text
    assert "legislators" in text
