"""What is remembered for the facets of a page; with a real Datasette in CPython."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.facets import ColumnFacet
from datasette.filters import FilterArguments
from datasette.plugins import pm

from engine.datasette.adaptations import block_reading, query_budget
from tests.support.instances import Opened, opened
from tests.support.wire import head


def _fill(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """
        create table t (id integer primary key, kind text, tags text);
        create view v as select * from t;
        """
    )
    rows = [("a" if number % 2 else "b", '["x", "y"]') for number in range(10)]
    connection.executemany("insert into t (kind, tags) values (?, ?)", rows)


def _traced(instance: Opened) -> list[str]:
    """Return the queries about facets of the database, to which each is added when it is run."""
    queries: list[str] = []

    def note(sql: str) -> None:
        if "with limited as" in sql or "as count from" in sql or "json_array_length" in sql:
            queries.append(sql)

    for connection in instance.datasette.get_database("data")._all_connections:
        connection.set_trace_callback(note)
    return queries


async def _page(instance: Opened, table: str, query: str = "") -> str:
    answer = await instance.ask(head(path=f"/app/data/{table}", query_string=query))
    assert answer.status == 200
    return answer.body.decode()


def test_facets_are_found_once_until_the_database_is_written_to(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        database = instance.datasette.get_database("data")
        first = await _page(instance, "t", "_facet=kind")
        queries = _traced(instance)
        again = await _page(instance, "t", "_facet=kind&_sort=kind")
        assert queries == []
        for page in (first, again):
            assert "_facet_array=tags" in page
            assert '<span class="facet-info-total">2</span>' in page
        await database.execute_write("insert into t (kind, tags) values ('c', 'no JSON')")
        third = await _page(instance, "t", "_facet=kind")
        assert queries
        assert '<span class="facet-info-total">3</span>' in third
        assert "_facet_array=tags" not in third

    asyncio.run(story())


def test_other_filters_are_other_facets(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        expected = {
            "kind=a": {"a": 5},
            "kind=b": {"b": 5},
            "id__gt=1": {"b": 4, "a": 5},
            "kind=c": {},
        }
        for where, counts in [*expected.items(), *expected.items()]:
            page = await _page(instance, "t.json", f"_facet=kind&{where}")
            found = json.loads(page)["facet_results"]["results"]["kind"]["results"]
            assert {one["value"]: one["count"] for one in found} == counts

    asyncio.run(story())


class _Filter:
    """A plugin whose filter depends on more than the address."""

    __name__ = "filter"

    @hookimpl  # type: ignore[untyped-decorator]
    def filters_from_request(self) -> FilterArguments:
        return FilterArguments(["random() is not null"])


class _Facets:
    """A plugin with facets of its own, which may ask for anything."""

    __name__ = "facets"

    @hookimpl  # type: ignore[untyped-decorator]
    def register_facet_classes(self) -> list[type[ColumnFacet]]:
        return []


@pytest.fixture(params=[_Filter, _Facets])
def plugin(request: pytest.FixtureRequest) -> Iterator[None]:
    registered = request.param()
    pm.register(registered)
    yield
    pm.unregister(registered)


async def _asks_each_time(instance: Opened, table: str, query: str = "") -> bool:
    await _page(instance, table, query)
    queries = _traced(instance)
    await _page(instance, table, query)
    return len(queries) > 0


def test_what_may_change_without_a_write_is_found_each_time(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        assert not await _asks_each_time(instance, "t")
        assert await _asks_each_time(instance, "v")
        assert await _asks_each_time(instance, "t", "_where=random()+is+not+null")

    asyncio.run(story())


@pytest.mark.usefixtures("plugin")
def test_facets_that_a_plugin_takes_part_in_are_found_each_time(tmp_path: Path) -> None:
    async def story() -> None:
        assert await _asks_each_time(await opened(tmp_path, _fill), "t")

    asyncio.run(story())


def test_what_was_interrupted_or_is_large_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        database = (await opened(tmp_path, _fill)).datasette.get_database("data")
        memory: query_budget.Memory = {}
        plain = block_reading.execute

        async def interrupted(self: Any, sql: str, *more: Any, **options: Any) -> Any:
            raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, None)

        async def ask(sql: str) -> Any:
            with query_budget.budget(60, memory):
                return (await database.execute(sql, custom_time_limit=60_000)).rows

        large = f"select printf('%{query_budget.MOST_REMEMBERED + 1}d', 1)"
        assert len((await ask(large))[0][0]) > query_budget.MOST_REMEMBERED
        assert memory == {}
        monkeypatch.setattr(block_reading, "execute", interrupted)
        with pytest.raises(QueryInterrupted):
            await ask("select 1")
        assert memory == {}
        monkeypatch.setattr(block_reading, "execute", plain)
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
                await ask("select json_type('no JSON')")
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await ask("select * from missing")
        assert len(memory) == 1
        assert [tuple(row) for row in await ask("select 1")] == [(1,)]
        assert len(memory) == 2

    asyncio.run(story())
