"""Brings imported tables into their database, whole or not at all.

An import can take long. Such a long transaction in a database that Datasette serves would block
other writers, and half-written data would be seen and saved. So tables are made in a separate
file. If the database does not exist yet, that file becomes it. If it does, the rows are copied
over in short transactions, into a table whose name hides it (names.WORK_PREFIX), and one more
transaction gives the table its own name. Leftovers of a killed import are dropped at the next start
(`drop_leftovers`). Only a database that is not served yet is written to directly, in one
transaction.

*Adding* rows to a table cannot be split like this, since others would see each part: it is one
statement in one transaction, which blocks everything else for about a second per million values.

The importers make the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.errors import SourceError
from engine.importing.finishing import Finish, NewTable, begin, names_in
from engine.importing.options import ImportOptions
from engine.pace import Pace
from engine.sqlite.connections import connect
from engine.sqlite.names import (
    WORK_PREFIX,
    find_name,
    new_table_name,
    quote,
)

# Several imports can run at a time.
_numbers = count(1)


class Landing:
    """Where the tables of one source are made, on their way into `database`.

    A context manager that removes leftovers.

    :param aside: a path beside the database that nothing else uses.
    :param source: what to call the source in errors.
    """

    #: Make the tables here, within the transaction that is open.
    connection: sqlite3.Connection

    def __init__(self, database: Path, aside: Path, *, is_served: bool, source: str) -> None:
        self._database = database
        self._aside = aside
        self._source = source
        self._is_new = not database.exists()
        self._is_direct = not self._is_new and not is_served
        self._has_landed = False
        self._forget_aside()
        # isolation_level=None: no transaction begins or ends implicitly.
        path = database if self._is_direct else aside
        self.connection = connect(path, isolation_level=None)

    def __enter__(self) -> Self:
        self.connection.execute("BEGIN")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._has_landed and self.connection.in_transaction:
            self.connection.rollback()
        self.connection.close()
        self._forget_aside()

    def _forget_aside(self) -> None:
        for suffix in ("", "-journal"):
            Path(f"{self._aside}{suffix}").unlink(missing_ok=True)

    def new_name(self) -> str:
        """Return a name to make a table under."""
        return f"{WORK_PREFIX}{next(_numbers)}"

    def known(self, url: str, options: ImportOptions) -> str | None:
        """Return the table that these options would replace or add to, if it is there."""
        if self._is_new or options.exists == "rename":
            return None
        wanted = new_table_name(options.name, url, set())
        return find_name(wanted, sorted(tables_of(self._database)))

    def columns_of(self, table: str) -> list[tuple[str, str]]:
        """Return names and types of the columns of a table that is in the database."""
        with _open(self._database) as conn:
            rows = conn.execute(f"PRAGMA table_info({quote(table)})").fetchall()
        return [(name, kind.upper()) for _, name, kind, *_ in rows]

    @property
    def is_in_place(self) -> bool:
        """Whether the database of `connection` is not being served."""
        return self._is_new or self._is_direct

    @property
    def taken(self) -> set[str]:
        """The names in the database."""
        return tables_of(self._database)

    @asynccontextmanager
    async def there(self, pace: Pace) -> AsyncIterator[sqlite3.Connection]:
        """Begin to write to the database itself, which is being served, so be quick."""
        conn = connect(self._database, isolation_level=None, timeout=0)
        try:
            await begin(conn, pace)
            yield conn
            conn.execute("COMMIT")
        finally:
            # Uncommitted changes are undone.
            conn.close()

    @asynccontextmanager
    async def beside(self, pace: Pace) -> AsyncIterator[sqlite3.Connection]:
        """Like `there`, with the tables made in `connection` in the schema "aside"."""
        self.connection.execute("COMMIT")
        conn = sqlite3.connect(self._database, isolation_level=None, timeout=0)
        try:
            conn.execute("ATTACH ? AS aside", [str(self._aside)])
            await begin(conn, pace)
            yield conn
            conn.execute("COMMIT")
        finally:
            conn.close()

    async def land(
        self,
        tables: Sequence[NewTable],
        pace: Pace,
        start: float = 0.9,
        also: Sequence[str] = (),
    ) -> None:
        """Bring all tables into the database; sets their `name`.

        :param start: the share of the import that is done.
        :param also: statements to run once all tables have their names.

        Raises:
            SourceError: it can't be stored. Nothing of it remains.
        """
        try:
            if self.is_in_place:
                await self._finish_here(tables, pace, start)
            else:
                self.connection.execute("COMMIT")
                await self._copy(tables, pace, start, also)
        except sqlite3.Error as error:
            raise SourceError(
                f"{self._source} could not be stored: {error}.", source=self._source
            ) from error

    async def _finish_here(self, tables: Sequence[NewTable], pace: Pace, start: float) -> None:
        conn = self.connection
        for table in tables:
            finish = Finish(conn, "main", table, known=self.known(table.url, table.options))
            await finish.index(pace.part(start, 1, table.imported.rows))
            finish.run()
        conn.execute("COMMIT")
        if self._is_new:
            conn.close()
            self._aside.rename(self._database)
        self._has_landed = True

    async def _copy(
        self, tables: Sequence[NewTable], pace: Pace, start: float, also: Sequence[str]
    ) -> None:
        """Bring the tables from the separate file into a database that is being served."""
        conn = connect(self._database, isolation_level=None, timeout=0)
        finishes: list[Finish] = []
        try:
            conn.execute("ATTACH ? AS aside", [str(self._aside)])
            step = (1 - start) / max(1, len(tables))
            for number, table in enumerate(tables):
                known = self.known(table.url, table.options)
                finish = Finish(conn, "aside", table, known, {one.name for one in tables[:number]})
                finishes.append(finish)
                here = start + number * step
                await finish.copy(pace, here, here + step * 0.6)
                breathe = pace.part(here + step * 0.6, here + step, table.imported.rows)
                await finish.index(breathe, pace)
            await begin(conn, pace)
            for finish in finishes:
                finish.run()
            for statement in also:
                conn.execute(statement)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.rollback()
            for finish in finishes:
                with suppress(sqlite3.Error):
                    finish.undo()
            raise
        finally:
            conn.close()


def drop_leftovers(database: Path) -> None:
    """Drop what a killed import has left in a database."""
    if not database.exists():
        return
    with _open(database) as conn:
        _drop_leftovers(conn)


def _drop_leftovers(conn: sqlite3.Connection) -> None:
    for name in names_in(conn):
        if name.startswith(WORK_PREFIX):
            conn.execute(f"DROP TABLE IF EXISTS {quote(name)}")
    # A full-text index is named after its table's final name, which does not exist yet.
    names = names_in(conn)
    where = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    for name, sql in conn.execute(where).fetchall():
        table = name.removesuffix("_fts")
        is_ours = sql.rstrip(") \n").endswith(f"content={quote(table)}")
        if name.endswith("_fts") and is_ours and table not in names:
            conn.execute(f"DROP TABLE {quote(name)}")


def tables_of(database: Path) -> set[str]:
    """Return the names that are taken in a database."""
    if not database.exists():
        return set()
    with _open(database) as conn:
        return names_in(conn)


@contextmanager
def _open(database: Path) -> Iterator[Any]:
    conn = connect(database, isolation_level=None)
    try:
        yield conn
    finally:
        conn.close()
