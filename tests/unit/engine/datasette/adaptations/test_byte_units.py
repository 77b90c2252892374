"""Sizes on Datasette's pages are written as on the site's own."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.datasette.adaptations.byte_units import format_bytes
from tests.support.instances import opened


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (4_834_000, "4.8 MB"), (5e9, "5.0 GB")],
)
def test_units_are_decimal(size: int, words: str) -> None:
    assert format_bytes(size) == words


def test_a_pages_sizes_are(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("create table t (a)")
        connection.execute("insert into t values (zeroblob(200000))")

    async def ask() -> str:
        wire = await (await opened(tmp_path, fill)).get("data/t")
        return wire.body.decode()

    # Natively, it is 195.3 KB.
    assert 'title="200 kB"' in asyncio.run(ask())
