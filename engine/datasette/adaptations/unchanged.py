"""Remembers what was found out about a database for as long as nobody writes to it."""

from __future__ import annotations

import functools
from typing import Any

from datasette.database import Database

from engine.datasette.adaptations import block_reading
from engine.sqlite import journals

#: How many things are remembered of each kind; the oldest are forgotten first.
MOST = 1000

_OWN_TABLES = """
    select name from sqlite_master
    where type = 'table' and (rootpage > 0 or sql like '%using fts%' or sql like '%using rtree%')
"""


class _Memory(dict[Any, Any]):
    """Things of one kind."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if key not in self:
            while len(self) >= MOST:
                del self[next(iter(self))]
        super().__setitem__(key, value)


def memory(database: Any, kind: str) -> dict[Any, Any]:
    """Return what is remembered of a kind since the database was last written to, to be added to.

    Nothing is remembered of a database without a file.
    """
    if database.path is None:
        return {}
    # Plugins and imports also write without this Database, and times of files are in whole ms.
    revision = getattr(database, "_lite_writes", 0), journals.stamp(database.path)
    remembered: tuple[Any, dict[str, _Memory]] | None = getattr(database, "_lite_memory", None)
    if remembered is None or remembered[0] != revision:
        remembered = database._lite_memory = (revision, {})
    return remembered[1].setdefault(kind, _Memory())


async def own_tables(database: Any) -> set[str]:
    """Return the tables whose rows are in the database; those of other virtual tables may come from
    anywhere.
    """
    known = memory(database, "own tables")
    if "names" not in known:
        known["names"] = {name for (name,) in (await database.execute(_OWN_TABLES)).rows}
    names: set[str] = known["names"]
    return names


@functools.wraps(block_reading.execute_write_fn)
async def _execute_write_fn(self: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return await block_reading.execute_write_fn(self, *arguments, **options)
    finally:
        self._lite_writes = getattr(self, "_lite_writes", 0) + 1


def install() -> None:
    """Change Datasette's databases, after block_reading.py; doing it again changes nothing."""
    Database._execute_write_fn = _execute_write_fn
