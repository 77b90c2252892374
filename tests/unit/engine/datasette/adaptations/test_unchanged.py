"""What is remembered of databases, and when it is forgotten; with a real Datasette in CPython."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.database import Database

from engine.datasette.adaptations import unchanged
from tests.support.instances import opened


def _fill(connection: sqlite3.Connection) -> None:
    connection.executescript("create table t (a); insert into t values (1), (2)")


async def _write(database: Any) -> None:
    await database.execute_write("update t set a = 3 where a = 2")


async def _write_many(database: Any) -> None:
    await database.execute_write_many("insert into t values (?)", [(5,), (6,)])


async def _write_script(database: Any) -> None:
    await database.execute_write_script("create table u (b)")


async def _write_function(database: Any) -> None:
    await database.execute_write_fn(lambda connection: connection.execute("delete from t"))


async def _fail(database: Any) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.execute_write_script("insert into t values (7); select * from nothing")


async def _write_beside(database: Any) -> None:
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.executemany("insert into t values (?)", [("x" * 5000,)] * 10)


@pytest.mark.parametrize(
    "change", [_write, _write_many, _write_script, _write_function, _fail, _write_beside]
)
def test_all_is_forgotten_when_a_database_is_written_to(
    tmp_path: Path, change: Callable[[Any], Awaitable[None]]
) -> None:
    async def story() -> None:
        database = (await opened(tmp_path, _fill)).datasette.get_database("data")
        unchanged.memory(database, "one")["a"] = 1
        unchanged.memory(database, "other")["a"] = 2
        assert unchanged.memory(database, "one") == {"a": 1}
        await change(database)
        assert unchanged.memory(database, "one") == unchanged.memory(database, "other") == {}

    asyncio.run(story())


def test_a_write_counts_even_if_the_file_looks_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        database = (await opened(tmp_path, _fill)).datasette.get_database("data")
        before = os.stat(database.path)
        unchanged.memory(database, "one")["a"] = 1
        await _write(database)
        os.utime(database.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert os.stat(database.path).st_size == before.st_size
        assert unchanged.memory(database, "one") == {}

    asyncio.run(story())


def test_what_was_found_before_a_write_is_not_remembered_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        database = (await opened(tmp_path, _fill)).datasette.get_database("data")
        found = unchanged.memory(database, "one")
        await _write(database)
        found["a"] = 1
        assert unchanged.memory(database, "one") == {}

    asyncio.run(story())


def test_nothing_is_remembered_of_a_database_without_a_file() -> None:
    database = Datasette(settings={"num_sql_threads": 0}).add_memory_database("m")
    unchanged.memory(database, "one")["a"] = 1
    assert unchanged.memory(database, "one") == {}


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the queries that count the rows of a table, to which each is added when it is run."""
    queries: list[str] = []
    execute = Database.execute

    async def recorded(self: Database, sql: str, *args: Any, **options: Any) -> Any:
        if "count(*)" in sql and self.name == "data":
            queries.append(sql)
        return await execute(self, sql, *args, **options)

    monkeypatch.setattr(Database, "execute", recorded)
    return queries


def test_pages_count_rows_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        database = instance.datasette.get_database("data")
        queries = _counted(monkeypatch)
        for path in ("", "data", "", "data"):
            assert b"2 rows" in (await instance.get(path)).body
        assert len(queries) == 1
        await database.execute_write("insert into t values (1)")
        assert b"3 rows" in (await instance.get("")).body
        assert b"3 rows" in (await instance.get("data")).body
        assert len(queries) == 2
        await database.execute_write("drop table t")
        await database.execute_write("create table t (b)")
        assert b"0 rows" in (await instance.get("data")).body

    asyncio.run(story())


def test_rows_that_are_elsewhere_are_counted_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.executescript(
            "create table t (a); create virtual table f using fts5 (a, content='t');"
            "create virtual table pages using dbstat;"
        )

    async def story() -> None:
        database = (await opened(tmp_path, fill)).datasette.get_database("data")
        first = await database.table_counts()
        queries = _counted(monkeypatch)
        assert await database.table_counts() == first
        assert first["f"] == 0 and first["pages"] > 0
        [query] = queries
        assert "pages" in query

    asyncio.run(story())


def test_pages_ask_for_the_schema_once(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        paths = ("", "data", "data/t", "data/t/1", "data/-/query?sql=select+1")
        for path in paths:
            assert (await instance.get(path)).status == 200
        asked: list[str] = []
        for connection in instance.datasette.get_database("data")._all_connections:
            connection.set_trace_callback(asked.append)
        for path in paths:
            await instance.get(path)
        assert asked
        assert [sql for sql in asked if "table_xinfo" in sql] == []

    asyncio.run(story())
