"""Lets Datasette use databases that are read block by block.

What it does with a connection runs again when a block was absent, see engine/sqlite/faults.py. Row
counts and suggested facets would read all of a table, so they get a small part of what a page may
read, and Datasette goes on as it does when such a query takes too long.
It can go when SQLite in the browser can wait for a read.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from datasette.database import Database, QueryInterrupted
from datasette.views import table_extras

from engine.sqlite import faults

#: The parameter of an address that says how many bytes a page may read, and the most that it can
#: say: what a query reads has to be in memory all at once.
PARAMETER = "_bytes"
MOST = 1_000 * faults.MB

_plain_execute = Database.execute
_plain_execute_fn = Database._execute_fn
_plain_execute_write_fn = Database._execute_write_fn
_plain_execute_isolated_fn = Database.execute_isolated_fn
_plain_count = table_extras.CountExtra.resolve


def limit_of(query_string: str) -> int:
    """Return how many bytes a page may read, by its address."""
    if PARAMETER not in query_string:
        return faults.USUAL_LIMIT
    [*_, value] = parse_qs(query_string).get(PARAMETER, [""])
    if not value.isdecimal():
        return faults.USUAL_LIMIT
    # Python converts no more than some thousand digits.
    return MOST if len(value) > len(str(MOST)) else min(int(value), MOST)


async def execute_fn(database: Database, fn: Callable[[Any], Any]) -> Any:
    """Do what Datasette's Database._execute_fn does."""

    async def run(checked: Callable[[Any], Any]) -> Any:
        with _prepared(database, "_read_connection"):
            return await _plain_execute_fn(database, checked)

    try:
        return await faults.complete_in(run, fn)
    except UnicodeDecodeError as error:
        # SQLite's message quotes a damaged schema. Datasette expects the errors of SQLite.
        raise sqlite3.OperationalError(str(error)) from error


@contextlib.contextmanager
def _prepared(database: Any, name: str) -> Iterator[None]:
    """Have a connection made again if it was made in a step that failed: plugins may not have
    prepared it in full.
    """
    is_there = getattr(database, name) is not None
    try:
        yield
    except Exception:
        path = database.path
        if not is_there and path is not None and faults.is_read_by_block(Path(path)):
            _close(database, name)
        raise


def _close(database: Any, name: str) -> None:
    connection = getattr(database, name)
    setattr(database, name, None)
    if connection is not None:
        database._all_connections.remove(connection)
        connection.close()


async def execute_write_fn(
    self: Any,
    fn: Callable[..., Any],
    block: bool = True,
    transaction: bool = True,
    request: Any = None,
) -> Any:
    def disconnect() -> None:
        # It may hold pages that are no longer what the file holds.
        _close(self, "_write_connection")

    async def run(checked: Callable[..., Any]) -> Any:
        with _prepared(self, "_write_connection"):
            return await _plain_execute_write_fn(
                self, checked, block=block, transaction=transaction, request=request
            )

    return await faults.complete_in(run, fn, disconnect)


async def _execute_isolated_fn(self: Any, fn: Callable[[Any], Any]) -> Any:
    return await faults.complete_in(functools.partial(_plain_execute_isolated_fn, self), fn)


async def execute(self: Any, sql: str, *more: Any, **options: Any) -> Any:
    """Do what Datasette's Database.execute does."""
    # Queries that get little time are those that a page can do without.
    if not options.get("custom_time_limit") or not faults.are_used():
        return await _plain_execute(self, sql, *more, **options)
    try:
        with faults.extras():
            return await _plain_execute(self, sql, *more, **options)
    except faults.TooMuchToRead as error:
        raise _interrupted(sql, options.get("params")) from error


@functools.wraps(_plain_count)
async def count(self: Any, context: Any) -> Any:
    """Do what the extra “count” of a table's page does; None if that would read too much."""
    try:
        with faults.extras():
            return await _plain_count(self, context)
    except faults.TooMuchToRead:
        return None


def _interrupted(sql: str, params: Any) -> QueryInterrupted:
    return QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, params)


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    Database._execute_fn = execute_fn
    Database._execute_write_fn = execute_write_fn
    Database.execute_isolated_fn = _execute_isolated_fn
    Database.execute = execute
    table_extras.CountExtra.resolve = count
