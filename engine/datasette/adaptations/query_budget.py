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
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from datasette.database import Database, QueryInterrupted

from engine.datasette.adaptations import block_reading

#: Bytes and characters in a result that is remembered.
MOST_REMEMBERED = 2_000

# The error of SQLite's JSON functions, which says something about the data.
_NO_JSON = "malformed JSON"

#: What queries have returned, or raised, by their text and parameters.
Memory = dict[Any, Any]


@dataclass(frozen=True)
class _Budget:
    deadline: float
    memory: Memory | None


_budget: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextlib.contextmanager
def budget(seconds: float, memory: Memory | None = None) -> Iterator[None]:
    """Limit the time that queries take together, if each has a time limit of its own.

    The others have to be complete, so they are neither counted nor interrupted.

    :param memory: where to remember what such queries return, and to look it up.
    """
    token = _budget.set(_Budget(perf_counter() + seconds, memory))
    try:
        yield
    finally:
        _budget.reset(token)


async def _execute(self: Any, sql: str, *more: Any, **options: Any) -> Any:
    current = _budget.get()
    if current is None or not options.get("custom_time_limit"):
        return await block_reading.execute(self, sql, *more, **options)
    if current.memory is None:
        return await _in_time(current, self, sql, *more, **options)
    key = self.name, sql, repr((more, options))
    if key not in current.memory:
        try:
            results = await _in_time(current, self, sql, *more, **options)
        except sqlite3.OperationalError as error:
            if str(error) == _NO_JSON:
                current.memory[key] = error
            raise
        if _size(results) > MOST_REMEMBERED:
            return results
        current.memory[key] = results
    found = current.memory[key]
    if isinstance(found, sqlite3.Error):
        raise sqlite3.OperationalError(_NO_JSON)
    return found


async def _in_time(current: _Budget, database: Any, sql: str, *more: Any, **options: Any) -> Any:
    if perf_counter() >= current.deadline:
        raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, options.get("params"))
    return await block_reading.execute(database, sql, *more, **options)


def _size(results: Any) -> int:
    return sum(len(value) for row in results for value in row if isinstance(value, (str, bytes)))


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    Database.execute = _execute
