"""Lets the home page show how many rows tables have, as it does natively.

Datasette gives each of these counts 10 ms. With a limit that short it looks at the clock after
every single step of SQLite, not after every thousandth (`sqlite_timelimit` in datasette.utils), and
that alone takes 14 ms for 1,000 rows in WebAssembly: one such table, and no count is shown. With a
little more time allowed, the same count takes a quarter of a millisecond.
It can go when Datasette looks at the clock less often.

All counts together have a limit as well, since there may be thousands of tables.
"""

from __future__ import annotations

from datasette.database import Database

from engine.datasette.adaptations import query_budget

# In ms. Up to 20, Datasette looks at the clock after every step.
LEAST = 25

#: Seconds for all tables of a database. The home page shows no counts where one is missing.
MOST_IN_ALL = 3.0

_plain_table_counts = Database.table_counts


async def _table_counts(database: Database, limit: int = LEAST) -> dict[str, int | None]:
    with query_budget.budget(MOST_IN_ALL):
        counts: dict[str, int | None] = await _plain_table_counts(database, max(limit, LEAST))
    return counts


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    query_budget.install()
    Database.table_counts = _table_counts
