"""Goes through a table in slices of rows that take about 0.02 s each, however wide its rows are.

SQLite runs a statement in one go. So long work is done for one range of rowids at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from time import perf_counter

_FIRST = 200
_LEAST = 100
_MOST = 20_000
_SECONDS = 0.02

_LEAST_ROWID = -(2**63)
_BEYOND_ROWIDS = 2**63


def slices(conn: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    """Yield ranges of rowids, both ends included, in order.

    The time that the caller spends on one range determines how many rows the next one has.

    :param table: as it is written in SQL.
    """
    low = _LEAST_ROWID
    size = _FIRST
    rowids = f"SELECT rowid FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT ?"
    while low < _BEYOND_ROWIDS:
        (high,) = conn.execute(f"SELECT max(rowid) FROM ({rowids})", (low, size)).fetchone()
        if high is None:
            return
        before = perf_counter()
        yield low, high
        seconds = max(perf_counter() - before, 1e-6)
        size = int(min(_MOST, max(_LEAST, size * min(4, _SECONDS / seconds))))
        low = high + 1
