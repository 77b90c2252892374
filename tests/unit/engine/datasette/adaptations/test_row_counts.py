"""Row counts on the home page; the engine is run in CPython, with a real Datasette."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted
from datasette.extras import ExtraRegistry
from datasette.views import table_extras

from engine.datasette.adaptations import query_budget, row_counts, unchanged

# Up to this many ms, Datasette looks at the clock after every step of SQLite.
EVERY_STEP = 20


def test_counting_is_not_slowed_by_looking_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []
    execute = Database.execute

    async def recorded(self: Database, sql: str, *args: Any, **options: Any) -> Any:
        limits.append(options.get("custom_time_limit"))
        return await execute(self, sql, *args, **options)

    async def count() -> dict[str, int | None]:
        datasette = Datasette(settings={"num_sql_threads": 0})
        database = datasette.add_memory_database("counted")
        await database.execute_write("create table t (a)")
        await database.execute_write("insert into t values (1), (2)")
        monkeypatch.setattr(Database, "execute", recorded)
        counts: dict[str, int | None] = await database.table_counts(10)
        return counts

    row_counts.install()
    row_counts.install()
    assert asyncio.run(count()) == {"t": 2}
    given = [limit for limit in limits if limit is not None]
    assert given and min(given) > EVERY_STEP


async def _with_many_rows(path: Path) -> Datasette:
    row_counts.install()
    for one in vars(table_extras).values():
        if isinstance(one, ExtraRegistry):
            one._scope_registries.clear()  # pages of other tests have filled it
    datasette = Datasette([str(path)], settings={"num_sql_threads": 0})
    await datasette.invoke_startup()
    database = datasette.get_database("many")
    await database.execute_write("create table t (a)")
    await database.execute_write(
        "with recursive n(a) as (select 1 union all select a + 1 from n where a < 15000)"
        " insert into t select a from n"
    )
    return datasette


def test_large_tables_are_counted_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("EXACT", "LEAST", "MOST_IN_ALL"):
        monkeypatch.setattr(row_counts, limit, 60_000)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        get = datasette.client.get
        assert "15,000 rows in 1 table" in (await get("/")).text
        assert "<p>15,000 rows</p>" in (await get("/many")).text
        for where, count in (("", 15_000), ("?a__gt=100", 14_900), ("?a__gt=14999", 1)):
            page = (await get(f"/many/t{where}")).text
            assert f"{count:,} row" in page
            assert "+ rows" not in page
        # A count is made again once it may have changed.
        await datasette.get_database("many").execute_write("delete from t where a > 14000")
        assert "14,000 rows in 1 table" in (await get("/")).text

    asyncio.run(story())


def test_what_is_not_counted_in_time_is_no_total(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = Database.execute

    async def slow(self: Database, sql: str, *args: Any, **options: Any) -> Any:
        if options.get("custom_time_limit") == row_counts.EXACT:
            raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, None)
        return await execute(self, sql, *args, **options)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        monkeypatch.setattr(Database, "execute", slow)
        get = datasette.client.get
        home = (await get("/")).text
        assert "1 table" in home and "rows" not in home
        assert "&gt;10,000 rows" in (await get("/many")).text
        assert "10,000+ rows" in (await get("/many/t")).text

    asyncio.run(story())


def _exact_queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the queries that count to the end, to which each one is added when it is run."""
    queries: list[str] = []
    execute = Database.execute

    async def recorded(self: Database, sql: str, *args: Any, **options: Any) -> Any:
        if options.get("custom_time_limit") == row_counts.EXACT:
            queries.append(sql)
        return await execute(self, sql, *args, **options)

    monkeypatch.setattr(Database, "execute", recorded)
    return queries


def test_pages_count_once_until_the_database_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_counts, "EXACT", 60_000)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        queries = _exact_queries(monkeypatch)

        async def count(where: str = "") -> object:
            answer = await datasette.client.get(f"/many/t.json?_extra=count&_size=1{where}")
            return answer.json()["count"]

        assert [await count(), await count(), await count("&_sort=a")] == [15_000] * 3
        assert len(queries) == 1
        for where, expected in (("&a__gt=100", 14_900), ("&a__gt=200", 14_800)):
            assert [await count(where), await count(where)] == [expected] * 2
        assert len(queries) == 3
        await datasette.get_database("many").execute_write("delete from t where a > 14000")
        assert [await count(), await count("&a__gt=100")] == [14_000, 13_900]

    asyncio.run(story())


def test_a_count_that_takes_too_long_is_not_tried_on_each_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_counts, "EXACT", 30)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        database = datasette.get_database("many")
        await database.execute_write(
            "create view endless as"
            " with recursive n(a) as (select 1 union all select a + 1 from n) select a from n"
        )
        queries = _exact_queries(monkeypatch)
        page = "/many/endless.json?_extra=count&_size=1"
        for _ in range(3):
            assert (await datasette.client.get(page)).json()["count"] == 10_001
        assert len(queries) == 1
        await database.execute_write("insert into t values (0)")
        await datasette.client.get(page)
        assert len(queries) == 2

    asyncio.run(story())


def test_a_count_without_time_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_counts, "EXACT", 60_000)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        database = datasette.get_database("many")
        with query_budget.budget(0):
            assert await row_counts.exact_count(database, "select count(*) from t") is None
        assert await row_counts.exact_count(database, "select count(*) from t") == 15_000

    asyncio.run(story())


def test_few_counts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "MOST", 2)

    async def story() -> None:
        datasette = await _with_many_rows(sqlite_path(tmp_path))
        queries = _exact_queries(monkeypatch)
        database = datasette.get_database("many")
        sql = "select count(*) from t where a > :p0"
        for value in (1, 2, 3, 3, 2, 1):
            assert await row_counts.exact_count(database, sql, {"p0": value}) == 15_000 - value
        assert len(queries) == 4

    asyncio.run(story())


def sqlite_path(folder: Path) -> Path:
    """Return the path of an empty database."""
    path = folder / "many.db"
    sqlite3.connect(path).close()
    path.touch()
    return path
