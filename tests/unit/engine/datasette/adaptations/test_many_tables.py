"""Databases with more tables and columns than Datasette was made for, served in CPython."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from itertools import count
from pathlib import Path

import pytest
from datasette.utils.sqlite import sqlite_hidden_table_names

from engine.datasette.adaptations import facet_budget, many_tables, query_budget, row_counts
from tests.support.instances import opened
from tests.support.wire import head


def with_all_kinds(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """
        create table plain (a); create table _underscore (a); create view v as select * from plain;
        create virtual table f using fts5 (a, content="plain");
        create virtual table g using fts4 (a); create virtual table r using rtree (id, a, b);
        analyze;
        """
    )


def test_hidden_tables_are_those_that_datasette_finds() -> None:
    connection = sqlite3.connect(":memory:")
    with_all_kinds(connection)
    found = many_tables.hidden_table_names(connection)
    assert "r_node" in found and "_underscore" in found and "plain" not in found
    assert found == sqlite_hidden_table_names(connection)


def test_a_damaged_view_hides_nothing() -> None:
    connection = sqlite3.connect(":memory:")
    with_all_kinds(connection)
    connection.execute("create view w as select * from missing")
    assert many_tables.hidden_table_names(connection) == sqlite_hidden_table_names(connection)


def make_tables(connection: sqlite3.Connection, number: int) -> None:
    made = "".join(f"create table t{one} (id integer primary key);" for one in range(number))
    connection.executescript(f"begin; {made} commit;")


@pytest.mark.cpu_seconds(120)
def test_pages_of_thousands_of_tables_come(tmp_path: Path) -> None:
    """Without many_tables.py, a page of so many takes minutes."""

    def fill(connection: sqlite3.Connection) -> None:
        make_tables(connection, 5_000)

    async def story() -> None:
        instance = await opened(tmp_path, fill)
        assert re.search(rb"5,?000 tables", (await instance.get("")).body)
        assert b"t4999" in (await instance.get("data")).body

    asyncio.run(story())


@pytest.mark.cpu_seconds(60)
def test_others_are_answered_while_a_page_takes_long(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        make_tables(connection, 2_000)

    async def story() -> list[str]:
        instance = await opened(tmp_path, fill)
        answered = []

        async def ask(path: str) -> None:
            assert (await instance.get(path)).status == 200
            answered.append(path)

        await asyncio.gather(ask(""), ask("-/versions.json"))
        return answered

    assert asyncio.run(story()) == ["-/versions.json", ""]


def wide(columns: int) -> str:
    return f"create table wide ({', '.join(f'c{number}' for number in range(columns))})"


def fill_wide(connection: sqlite3.Connection) -> None:
    connection.execute(wide(1_000))
    for row in range(30):
        values = [f"v{(row * column) % 7}" for column in range(1_000)]
        connection.execute(f"insert into wide values ({', '.join('?' * 1_000)})", values)


@pytest.mark.cpu_seconds(60)
def test_facets_share_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a budget, suggestions for so many columns take over 40 seconds."""
    facets = "&".join(f"_facet=c{number}" for number in range(3))
    clock = count()  # each look at it takes one second
    monkeypatch.setattr(query_budget, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(facet_budget, "SUGGESTIONS", 400.0)

    async def story() -> None:
        instance = await opened(tmp_path, fill_wide)
        datasette = instance.instance._datasette
        assert datasette is not None
        # Only the budget counts here, however busy the machine is.
        datasette._settings["facet_suggest_time_limit_ms"] = 60_000
        some = await instance.get("data/wide")
        assert some.status == 200
        assert b"Suggested facets:" in some.body and b"_facet=c999" not in some.body
        monkeypatch.setattr(facet_budget, "RESULTS", 0.0)
        none = await instance.ask(head(path="/app/data/wide", query_string=facets))
        assert none.status == 200 and b"These facets timed out: c0, c1, c2" in none.body

    asyncio.run(story())


def test_a_table_of_usual_width_has_all_its_suggestions(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("create table t (a, b, c)")
        connection.executemany("insert into t values (?, ?, ?)", [(1, 2, i // 2) for i in range(9)])

    async def story() -> None:
        page = await (await opened(tmp_path, fill)).get("data/t")
        assert b"_facet=c" in page.body

    asyncio.run(story())


def test_a_database_with_full_text_search_is_noticed_when_it_comes(tmp_path: Path) -> None:
    async def story() -> list[str | None]:
        database = (
            await opened(tmp_path, lambda conn: make_tables(conn, 2))
        ).datasette.get_database("data")
        before = await database.fts_table("t1")
        await database.execute_write("create virtual table f using fts5 (id, content='t1')")
        await database.execute_write('create virtual table g using fts5 (id, content="t0")')
        return [before, await database.fts_table("t0"), await database.fts_table("f")]

    assert asyncio.run(story()) == [None, "g", "f"]


def test_counts_share_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_counts, "MOST_IN_ALL", 0.0)

    async def story() -> dict[str, int | None]:
        instance = await opened(tmp_path, lambda conn: make_tables(conn, 2))
        counts: dict[str, int | None] = await instance.datasette.get_database("data").table_counts()
        return counts

    assert asyncio.run(story()) == {"t0": None, "t1": None}
