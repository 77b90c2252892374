"""Datasette on a database some of whose blocks are absent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette.adaptations import block_reading
from engine.datasette.adaptations.block_reading import MOST, limit_of
from engine.sqlite import faults
from engine.sqlite.faults import USUAL_LIMIT
from tests.support.stories import tell_on


class FakeBlocks:
    """One block that is absent until it is loaded."""

    is_used = True
    is_near = False
    most_near = 1

    def __init__(self) -> None:
        self.is_missing = self._is_here = False

    def has(self, path: str) -> bool:
        return True

    def begin(self) -> None:
        self.is_missing = False

    def end(self) -> None:
        pass

    def undo(self) -> bool:
        return False

    def step(self) -> Any:
        return None

    async def load(self, step: Any, most: int) -> int:
        self._is_here = True
        return 1

    def finish(self, step: Any) -> None:
        pass

    def read(self) -> None:
        if not self._is_here:
            self.is_missing = True
            raise sqlite3.OperationalError("disk I/O error")


class ReadingPlugin:
    """Reads the database before it adds a function."""

    __name__ = "ReadingPlugin"

    def __init__(self, blocks: FakeBlocks) -> None:
        self._blocks = blocks

    @hookimpl  # type: ignore[untyped-decorator]
    def prepare_connection(self, conn: sqlite3.Connection, database: str) -> None:
        if database == "x":
            self._blocks.read()
        conn.create_function("twice", 1, lambda value: 2 * value)


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBlocks]:
    fake = FakeBlocks()
    monkeypatch.setattr(faults, "_blocks", fake)
    plugin = ReadingPlugin(fake)
    pm.register(plugin)
    block_reading.install()
    yield fake
    pm.unregister(plugin)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("writes", [False, True])
def test_plugins_that_read_prepare_every_connection(tmp_path: Path, *, writes: bool) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table t (a)")

    async def story(datasette: Datasette) -> None:
        database = datasette.get_database("x")
        if writes:
            await database.execute_write("insert into t values (twice(2))")
        assert (await database.execute("select twice(2)")).single_value() == 4

    tell_on(Datasette([str(path)], settings={"num_sql_threads": 0}), story)


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("", USUAL_LIMIT),
        ("_bytes=1000", 1000),
        ("_bytes=1000&_bytes=2000", 2000),
        ("_bytes=-1", USUAL_LIMIT),
        ("_bytes=x", USUAL_LIMIT),
        (f"_bytes={MOST + 1}", MOST),
        (f"_bytes={'9' * 5000}", MOST),
    ],
)
def test_an_address_sets_a_limit_up_to_the_highest(query: str, limit: int) -> None:
    assert limit_of(query) == limit
