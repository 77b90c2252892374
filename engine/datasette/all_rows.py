"""Yields all rows of a query, however many, without keeping anybody from writing meanwhile.

Datasette's own pages end after 1,000 rows and one second. A query that is read at the pace of a
download would hold a lock for as long as the download lasts. So a query that does not finish
quickly runs on a copy of its database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.database import Database
from datasette.views.base import DatasetteError

from engine.datasette.copies import snapshot
from engine.pace import Turns

# Seconds within which a query need not have a copy.
MOMENT = 0.1

# Seconds after which others get their turn, and in how long a query must get to its next row:
# SQLite cannot be made to pause.
STRETCH = 0.05
LONGEST = 10.0

# Rows that are handed on at once.
BATCH = 500

# Instructions of SQLite between two looks at the clock; about 0.1 ms.
STEPS = 1000

Rows = list[sqlite3.Row]


async def all_rows(
    datasette: Datasette, database: Database, sql: str, parameters: Mapping[str, Any]
) -> AsyncGenerator[Rows]:
    """Yield the rows of a query, some at a time.

    Raises:
        DatasetteError: it is wrong, or takes too long.
    """
    try:
        if not database.is_memory:
            rows = await database.execute_fn(lambda conn: _at_once(conn, sql, parameters))
            if rows is not None:
                yield rows
                return
        async with _connection(datasette, database) as connection:
            turns = Turns()
            for batch in _batches(connection, sql, parameters):
                yield batch
                if turns.are_due:
                    await turns.take()
    except sqlite3.OperationalError as error:
        if not _interrupted(error):
            raise DatasetteError(str(error), title="Invalid SQL", status=400) from error
        message = f"This query took more than {LONGEST:.0f} seconds to get to its next row."
        raise DatasetteError(message, title="SQL Interrupted", status=400) from error
    except sqlite3.DatabaseError as error:
        raise DatasetteError(str(error), title="Invalid SQL", status=400) from error


def _at_once(
    connection: sqlite3.Connection, sql: str, parameters: Mapping[str, Any]
) -> Rows | None:
    """Return all rows of a query, or None if that takes more than a moment."""
    end = time.perf_counter() + MOMENT
    connection.set_progress_handler(lambda: time.perf_counter() > end, STEPS)
    rows: Rows = []
    try:
        with closing(connection.execute(sql, parameters)) as cursor:
            while batch := cursor.fetchmany(BATCH):
                rows += batch
                if time.perf_counter() > end:
                    return None
    except sqlite3.OperationalError as error:
        if not _interrupted(error):
            raise
        return None
    finally:
        connection.set_progress_handler(None, STEPS)
    return rows


def _interrupted(error: sqlite3.OperationalError) -> bool:
    return str(error) == "interrupted"


@asynccontextmanager
async def _connection(
    datasette: Datasette, database: Database
) -> AsyncIterator[sqlite3.Connection]:
    """Open a connection of our own to a copy of a database, or to one in memory."""
    if database.is_memory:
        with closing(database.connect()) as connection:
            database._all_connections.remove(connection)
            datasette._prepare_connection(connection, database.name)
            yield connection
        return
    async with snapshot(Path(database.path)) as path:
        copy = Database(datasette, path=str(path), is_mutable=True)
        with closing(copy.connect()) as connection:
            datasette._prepare_connection(connection, database.name)
            yield connection


def _batches(
    connection: sqlite3.Connection, sql: str, parameters: Mapping[str, Any]
) -> Iterator[Rows]:
    began = time.perf_counter()
    connection.set_progress_handler(lambda: time.perf_counter() - began > LONGEST, STEPS)
    rows: Rows = []
    for row in connection.execute(sql, parameters):
        rows.append(row)
        if len(rows) >= BATCH or time.perf_counter() - began > STRETCH:
            yield rows
            rows = []
            began = time.perf_counter()
    yield rows
