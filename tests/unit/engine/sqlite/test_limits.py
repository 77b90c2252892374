"""Tests of engine.sqlite.limits, its adaptation, and of scripts that do not come to an end."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from datasette import database

from engine.errors import SourceError
from engine.importing import sql_script
from engine.importing.sql_script import run_script
from engine.sqlite.limits import MOST_BYTES, limit, time_limit
from tests.support.instances import opened

#: Each instruction of it takes long, each row has few of them, and there is no end.
HUGE = "select randomblob(999999999) a, printf('%999999999d', 1) b"
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"


def limited() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    limit(connection)
    return connection


@pytest.mark.parametrize(
    "sql",
    [
        HUGE,
        "select zeroblob(999999999)",
        "select replace(hex(zeroblob(30000000)), '0', 'abcdefgh')",
        f"select length(zeroblob({MOST_BYTES}) || 'x')",
    ],
)
def test_values_have_a_limit(sql: str) -> None:
    with pytest.raises(sqlite3.Error, match="too big"):
        limited().execute(sql).fetchall()


def test_patterns_that_exhaust_the_stack_are_refused() -> None:
    with pytest.raises(sqlite3.Error, match="pattern too complex"):
        limited().execute("select 'a' like ?", ["%a" * 24_000])


def test_lower_limits_stay() -> None:
    connection = sqlite3.connect(":memory:")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
    limit(connection)
    assert connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == 1000


@pytest.mark.cpu_seconds(20)
def test_a_time_limit_holds_for_large_values() -> None:
    connection = limited()
    sql = f"{ENDLESS.replace('max(i)', 'sum(length(randomblob(30000000)))')}"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), time_limit(connection, 10):
        connection.execute(sql).fetchall()


def test_a_time_limit_ends_with_its_block() -> None:
    connection = limited()
    with time_limit(connection, 0):
        pass
    assert connection.execute("select count(*) from pragma_function_list").fetchone()[0] > 100


@pytest.mark.cpu_seconds(20)
def test_a_statement_of_a_script_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_script, "STATEMENT_SECONDS", 0.1)
    with pytest.raises(SourceError) as caught:
        asyncio.run(run_script(f"select 1;\n{ENDLESS}", limited(), "x.sql", None))
    assert (
        "x.sql failed in line 2: the statement took longer than 0.1 seconds" in caught.value.message
    )


def test_all_connections_of_an_instance_are_limited(tmp_path: Path) -> None:
    async def limits() -> set[int]:
        datasette = (await opened(tmp_path)).datasette
        one = datasette.add_memory_database("m")
        connections = [sqlite3.connect(":memory:")]
        for name in datasette.databases:
            read = datasette.get_database(name)
            connections.append(await read.execute_fn(lambda conn: conn))
            connections.append(await read.execute_write_fn(lambda conn: conn))
        found = {conn.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) for conn in connections}
        isolated = await one.execute_isolated_fn(
            lambda conn: conn.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
        )
        return {*found, isolated}

    assert asyncio.run(limits()) == {MOST_BYTES}
    assert database.sqlite_timelimit is time_limit


@pytest.mark.cpu_seconds(60)
def test_a_view_of_huge_values_is_a_sentence(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute(f"create view huge as {HUGE}")
        connection.execute(f"create view endless as {ENDLESS}")

    async def story() -> None:
        instance = await opened(tmp_path, fill)
        assert (await instance.get("")).status == 200
        assert (await instance.get("data")).status == 200
        huge = await instance.get("data/huge")
        assert huge.status == 400 and b"string or blob too big" in huge.body
        endless = await instance.get("data/endless")
        assert endless.status == 400 and b"This takes too long" in endless.body

    asyncio.run(story())
