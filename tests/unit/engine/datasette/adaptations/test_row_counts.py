"""Row counts on the home page; the engine is run in CPython, with a real Datasette."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.database import Database

from engine.datasette.adaptations import row_counts

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
