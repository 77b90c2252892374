"""Makes row counts exact where that takes a moment, and leaves them out where they would be wrong.

Datasette counts no further than 10,001 rows. Its pages of tables and databases say so, but the home
page adds these numbers up, so a table of 650,000 rows made it say “10,001 rows in 1 table”. Here
large tables are counted to the end; what is not counted in time stays “more than 10,000” or is not
shown.
It can go when Datasette's home page says which counts are incomplete.

Datasette gives each count of the home page 10 ms. With a limit that short it looks at the clock
after every single step of SQLite, not after every thousandth (`sqlite_timelimit` in
datasette.utils), and that alone takes 14 ms for 1,000 rows in WebAssembly: one such table, and no
count is shown. With a little more time allowed, the same count takes a quarter of a millisecond.
This can go when Datasette looks at the clock less often.

All counts together have a limit as well, since there may be thousands of tables. Counts are
remembered until the database is written to: they took a fifth of the home page's time. So is that
a count took too long, since pages of huge tables would wait in vain each time.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from datasette.database import Database, QueryInterrupted
from datasette.utils import escape_sqlite
from datasette.views import table_extras

from engine.datasette.adaptations import block_reading, query_budget, unchanged
from engine.sqlite import faults

# In ms. Up to 20, Datasette looks at the clock after every step.
LEAST = 25

#: ms for counting rows to the end.
EXACT = 250

#: Seconds for all tables of a database. The home page shows no counts where one is missing.
MOST_IN_ALL = 3.0

# What Datasette's home page gives each count, in ms. Other pages give more.
_OF_HOME_PAGE = 10


async def _table_counts(database: Any, limit: int = LEAST) -> dict[str, int | None]:
    counts: dict[str, int | None] = {}
    known = unchanged.memory(database, "counts")
    own_tables = await unchanged.own_tables(database)
    with query_budget.budget(MOST_IN_ALL):
        for table in await database.table_names():
            counts[table] = known.get(table)
            if table not in known:
                counts[table] = await _count(database, table, max(limit, LEAST))
                if table in own_tables and counts[table] is not None:
                    known[table] = counts[table]
        for table, count in counts.items():
            if count == database.count_limit + 1:
                sql = f"select count(*) from {escape_sqlite(table)}"
                exact = await exact_count(database, sql)
                # The home page does not tell incomplete counts from others.
                counts[table] = exact if exact or limit <= _OF_HOME_PAGE else count
    return counts


async def _count(database: Any, table: str, limit: int) -> int | None:
    """Count rows as Datasette's Database.table_counts does."""
    rows = f"select * from {escape_sqlite(table)} limit {database.count_limit + 1}"
    try:
        result = await database.execute(f"select count(*) from ({rows})", custom_time_limit=limit)
    except (QueryInterrupted, sqlite3.Error):
        return None
    count: int = result.single_value()
    return count


async def exact_count(
    database: Any, sql: str, parameters: Mapping[str, Any] | None = None
) -> int | None:
    """Return the result of a query that counts rows; None if it takes too long."""
    if _is_read_by_block(database):
        return None
    known = unchanged.memory(database, "exact counts")
    key = sql.strip(), repr(sorted((parameters or {}).items()))
    if key not in known:
        count, start = None, perf_counter()
        try:
            result = await database.execute(sql, parameters, custom_time_limit=EXACT)
            count = result.single_value()
        except QueryInterrupted:
            if (perf_counter() - start) * 1000 < EXACT:
                return None  # with all of the time it may succeed
        except sqlite3.Error:
            return None
        known[key] = count
    exact: int | None = known[key]
    return exact


def _is_read_by_block(database: Any) -> bool:
    return database.path is not None and faults.is_read_by_block(Path(database.path))


@functools.wraps(block_reading.count)
async def _page_count(self: Any, context: Any) -> Any:
    database = context.db
    count = await block_reading.count(self, context)
    if count != database.count_limit + 1:
        return count
    exact = await exact_count(database, context.count_sql, context.from_sql_params)
    return count if exact is None else exact


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    query_budget.install()
    unchanged.install()
    Database.table_counts = _table_counts
    table_extras.CountExtra.resolve = _page_count
