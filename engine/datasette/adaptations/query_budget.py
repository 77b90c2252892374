"""Lets several queries of a page share a time limit.

Datasette limits each query, but makes one for each table to count rows, and up to three for each
column to suggest facets. With 1,000 columns a page took 35 to 53 seconds. Queries within `budget`
are interrupted once it is used up, without being tried, and Datasette goes on as it does for any
that has timed out.
It can go when Datasette limits the time of a page.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from datasette.database import Database, QueryInterrupted

from engine.datasette.adaptations import block_reading

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Limit the time that queries take together, if each has a time limit of its own.

    The others have to be complete, so they are neither counted nor interrupted.
    """
    token = _deadline.set(perf_counter() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


async def _execute(self: Any, sql: str, *more: Any, **options: Any) -> Any:
    deadline = _deadline.get()
    if deadline is not None and options.get("custom_time_limit") and perf_counter() >= deadline:
        raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, options.get("params"))
    return await block_reading.execute(self, sql, *more, **options)


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    Database.execute = _execute
