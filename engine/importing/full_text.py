"""Full-text search of a table: the index that ``sqlite-utils enable-fts --create-triggers`` makes.

The statements come from sqlite-utils, but the index is filled in slices rather than in one go.
table_changes.py drops it with its table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import sqlite_utils

from engine.importing.slices import slices
from engine.pace import Breathe
from engine.sqlite.names import quote


@dataclass(frozen=True)
class FullText:
    """The index of a table that is, or will be, called `table`."""

    table: str
    columns: Sequence[str]

    @property
    def name(self) -> str:
        """The name of the index."""
        return f"{self.table}_fts"

    async def fill(
        self,
        conn: sqlite3.Connection,
        rows_of: str,
        breathe: Breathe,
        begin: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Make the index from the rows of a table, which need not have its name yet.

        :param begin: begins a transaction for each slice. None: use the caller's transaction.
        """

        async def write(statement: str, values: tuple[int, ...] = ()) -> int:
            if begin is not None:
                await begin()
            count = conn.execute(statement, values).rowcount
            if begin is not None:
                conn.execute("COMMIT")
            return count

        await write(self._statements()[0])
        columns = ", ".join(map(quote, self.columns))
        insert = (
            f"INSERT INTO {quote(self.name)} (rowid, {columns}) SELECT rowid, {columns}"
            f" FROM {quote(rows_of)} WHERE rowid BETWEEN ? AND ?"
        )
        done = 0
        for low, high in slices(conn, quote(rows_of)):
            done += await write(insert, (low, high))
            await breathe(done)

    def follow(self, conn: sqlite3.Connection) -> None:
        """Make the triggers that keep the index up to date. The table must have its name."""
        for trigger in self._statements()[1]:
            conn.execute(trigger)

    def _statements(self) -> tuple[str, list[str]]:
        """Return the statements that make the index and its triggers."""
        scratch = sqlite_utils.Database(memory=True)
        try:
            scratch.table(self.table).create(dict.fromkeys(self.columns, str))
            scratch.table(self.table).enable_fts(self.columns, create_triggers=True)
            where = "SELECT sql FROM sqlite_master WHERE type = ? AND sql LIKE 'CREATE %'"
            [create] = [
                sql
                for (sql,) in scratch.conn.execute(where, ["table"])
                if sql.startswith("CREATE VIRTUAL")
            ]
            triggers = [sql for (sql,) in scratch.conn.execute(where, ["trigger"])]
        finally:
            scratch.close()
        return create, triggers
