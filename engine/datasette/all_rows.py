"""Yields all rows of a query, however many, without keeping anybody from writing meanwhile.

Datasette's own pages end after 1,000 rows and one second. A query that is read at the pace of a
download would hold a lock for as long as the download lasts. So a query that does not finish
quickly runs on a copy of its database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.database import Database
from datasette.views.base import DatasetteError

from engine.datasette import site
from engine.datasette.copies import snapshot
from engine.pace import Turns
from engine.sqlite.pausing import pausing

# Seconds within which a query need not have a copy.
MOMENT = 0.1

# Seconds after which others get their turn.
STRETCH = 0.05

# Seconds in which a query must get to its next row; longer where SQLite can be made to pause.
LONGEST = 10.0
LONGEST_WITH_PAUSES = 120.0

# Rows that are handed on at once.
BATCH = 500

# Instructions of SQLite between two looks at the clock; about 0.1 ms.
STEPS = 1000

Rows = list[sqlite3.Row]


class RowReader:
    """All rows of a query, as often as they are needed, always the same."""

    #: Their names; known once the first batch is there.
    columns: list[str]

    def __init__(
        self,
        connection: sqlite3.Connection | None,
        sql: str,
        parameters: Mapping[str, Any],
        known: tuple[list[str], Rows] | None = None,
    ) -> None:
        self._connection = connection
        self._sql = sql
        self._parameters = parameters
        self._known = known
        self.columns = []

    @classmethod
    def of(cls, columns: list[str], rows: Rows) -> RowReader:
        """Return a reader of rows that are already there."""
        return cls(None, "", {}, (columns, rows))

    async def batches(self) -> AsyncGenerator[Rows]:
        """Yield the rows, some at a time; at least once, if there are none.

        Raises:
            DatasetteError: the query is wrong, or takes too long.
        """
        if self._known is not None:
            self.columns, rows = self._known
            yield rows
            return
        assert self._connection is not None
        turns = Turns()
        self.columns = []
        for batch in _batches(self._connection, self._sql, self._parameters, self.columns):
            yield batch
            if turns.are_due:
                await turns.take()


@asynccontextmanager
async def row_reader(
    datasette: Datasette, database: Database, sql: str, parameters: Mapping[str, Any]
) -> AsyncIterator[RowReader]:
    """Open a query for reading all of its rows.

    Raises:
        DatasetteError: it is wrong.
    """
    if not database.is_memory:
        with _explained(LONGEST):
            known = await database.execute_fn(lambda conn: _at_once(conn, sql, parameters))
        if known is not None:
            yield RowReader(None, sql, parameters, known)
            return
    async with frozen(datasette, database) as connection:
        yield RowReader(connection, sql, parameters)


async def all_rows(
    datasette: Datasette, database: Database, sql: str, parameters: Mapping[str, Any]
) -> AsyncGenerator[Rows]:
    """Yield the rows of a query, some at a time.

    Raises:
        DatasetteError: it is wrong, or takes too long.
    """
    async with row_reader(datasette, database, sql, parameters) as reader:
        async with aclosing(reader.batches()) as batches:
            async for batch in batches:
                yield batch


@contextmanager
def _explained(longest: float) -> Iterator[None]:
    """Have errors of SQLite become answers that Datasette shows."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not _interrupted(error):
            raise DatasetteError(str(error), title="Invalid SQL", status=400) from error
        message = f"This query took more than {longest:.0f} seconds to get to its next row."
        raise DatasetteError(message, title="SQL Interrupted", status=400) from error
    except sqlite3.DatabaseError as error:
        raise DatasetteError(str(error), title="Invalid SQL", status=400) from error


def _at_once(
    connection: sqlite3.Connection, sql: str, parameters: Mapping[str, Any]
) -> tuple[list[str], Rows] | None:
    """Return columns and rows of a query, or None if that takes more than a moment."""
    end = time.perf_counter() + MOMENT
    connection.set_progress_handler(lambda: time.perf_counter() > end, STEPS)
    rows: Rows = []
    try:
        with closing(connection.execute(sql, parameters)) as cursor:
            columns = [name for name, *_ in cursor.description]
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
    return columns, rows


def _interrupted(error: sqlite3.OperationalError) -> bool:
    return str(error) == "interrupted"


@asynccontextmanager
async def frozen(datasette: Datasette, database: Database) -> AsyncIterator[sqlite3.Connection]:
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
    connection: sqlite3.Connection, sql: str, parameters: Mapping[str, Any], columns: list[str]
) -> Iterator[Rows]:
    """Yield the rows of a query; their names are in `columns` once the first are there."""
    began = time.perf_counter()
    pause = site.pause()
    longest = LONGEST if pause is None else LONGEST_WITH_PAUSES
    with (
        _explained(longest),
        pausing(connection, lambda: time.perf_counter() - began > longest, pause),
    ):
        cursor = connection.execute(sql, parameters)
        columns += [name for name, *_ in cursor.description]
        rows: Rows = []
        for row in cursor:
            rows.append(row)
            if len(rows) >= BATCH or time.perf_counter() - began > STRETCH:
                yield rows
                rows = []
                began = time.perf_counter()
        yield rows
