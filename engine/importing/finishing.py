"""The last steps of importing one table: moving its rows, making its index, giving it its name.

landing.py decides in which file the table is made, and what is one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from engine.importing import float_text
from engine.importing.adding import note_on_changes, value_to_add
from engine.importing.fitting import insert_fitting
from engine.importing.full_text import FullText
from engine.importing.imported import Imported, Rejected, rejected_name
from engine.importing.options import ALL_TEXT, ImportOptions
from engine.importing.slices import slices
from engine.pace import Breathe, Pace
from engine.sqlite.names import find_name, new_table_name, quote, side_name
from engine.sqlite.table_changes import drop_table

# How often to retry a transaction while another one is open, letting others run in between.
_PATIENCE = 200


@dataclass
class NewTable:
    """A table that was made under `work_name`, and how it will end up."""

    work_name: str
    url: str  # the table is named after it, unless the options have a name
    options: ImportOptions
    imported: Imported
    part: str = ""  # its part of the file, such as a sheet's name
    name: str = ""  # its final name
    added_to: int | None = None  # rows added, if it was added to another table


class Finish:
    """The last steps of one table, once it is made.

    :param conn: the database that it goes to.
    :param schema: where in `conn` it was made; "main" if it stays there.
    :param known: the table that it replaces or is added to.
    :param promised: names that other tables are about to get.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        schema: str,
        table: NewTable,
        known: str | None,
        promised: Collection[str] = (),
    ) -> None:
        self._conn = conn
        self._schema = schema
        self._table = table
        self._known = known
        self._adds = known is not None and table.options.exists == "add"
        taken = names_in(conn).union(promised)
        table.name = known or new_table_name(table.options.name, table.url, taken)
        self._full_text = self._wanted_index(taken)

    def _wanted_index(self, taken: set[str]) -> FullText | None:
        imported, wanted = self._table.imported, self._table.options.fts
        columns = [name for name in imported.columns if find_name(name, wanted) is not None]
        if ALL_TEXT in wanted:
            columns = imported.text_columns
            if not columns:
                imported.notes.append("There is no column with text to search in.")
        if not columns or self._adds:
            return None
        found = FullText(self._table.name, columns)
        if self._known is None and find_name(found.name, taken) is not None:
            imported.notes.append(
                f"There is already a table {found.name}, so full-text search was not set up."
            )
            return None
        # Its own name would collide with the old table's, if there is one.
        return found

    async def copy(self, pace: Pace, start: float, end: float) -> None:
        """Copy the rows over, under the work name, in short transactions."""
        conn, work = self._conn, self._table.work_name
        if self._adds:
            return
        for name in [work, rejected_name(work)]:
            where = f"SELECT sql FROM {self._schema}.sqlite_master WHERE name = ?"
            found = conn.execute(where, [name]).fetchone()
            if found is None:
                continue
            breathe = pace.part(start, end, self._table.imported.rows)
            await begin(conn, pace)
            conn.execute(found[0])
            conn.execute("COMMIT")
            table = quote(name)
            # Generated columns are not among them.
            info = conn.execute(f"PRAGMA {self._schema}.table_info({table})")
            columns = ", ".join(quote(column) for _, column, *_ in info.fetchall())
            done = 0
            for low, high in slices(conn, f"{self._schema}.{table}"):
                await begin(conn, pace)
                cursor = conn.execute(
                    f"INSERT INTO main.{table} ({columns}) SELECT {columns}"
                    f" FROM {self._schema}.{table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
                    (low, high),
                )
                conn.execute("COMMIT")
                done += cursor.rowcount
                await breathe(done)

    async def index(self, breathe: Breathe, pace: Pace | None = None) -> None:
        """Make the full-text index, if one is wanted and can be made before the table is there.

        :param pace: for short transactions, as in `copy`. None: within the caller's transaction.
        """
        if self._full_text is None or self._known is not None:
            return
        turn = None if pace is None else partial(begin, self._conn, pace)
        await self._full_text.fill(self._conn, self._table.work_name, breathe, turn)

    def run(self) -> None:
        """Give the table its name, or add its rows, within the caller's transaction."""
        conn, table = self._conn, self._table
        if self._adds:
            self._add()
        else:
            # Views may name a table that is not there for a moment.
            conn.execute("PRAGMA legacy_alter_table = ON")
            indexes = self._indexes()
            if self._known is not None:
                drop_table(conn, self._known)
                self._drop_old_rejected()
            conn.execute(f"ALTER TABLE {quote(table.work_name)} RENAME TO {quote(table.name)}")
            for index in indexes:
                try:
                    conn.execute(index)
                except sqlite3.Error as error:
                    table.imported.notes.append(f"An index could not be kept: {error}.")
            if self._full_text is not None:
                if self._known is not None:
                    _fill_at_once(conn, self._full_text)
                self._full_text.follow(conn)
        self._finish_rejected()

    def undo(self) -> None:
        """Drop what `copy` and `index` have made, if `run` did not finish."""
        work = self._table.work_name
        made = [work, rejected_name(work)]
        if self._full_text is not None and self._known is None:
            made.append(self._full_text.name)
        for name in made:
            self._conn.execute(f"DROP TABLE IF EXISTS main.{quote(name)}")

    def _drop_old_rejected(self) -> None:
        """Drop the rows that did not fit into the table that is being replaced."""
        name = find_name(rejected_name(self._table.name), sorted(names_in(self._conn)))
        if name is None:
            return
        columns = [column for _, column, *_ in self._conn.execute(_table_info(name))]
        if columns == list(Rejected.COLUMNS):
            drop_table(self._conn, name)

    def _indexes(self) -> list[str]:
        if self._known is None:
            return []
        where = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''"
        return [sql for (sql,) in self._conn.execute(where, [self._known])]

    def _add(self) -> None:
        conn, table = self._conn, self._table
        there = {name: kind for _, name, kind, *_ in conn.execute(_table_info(table.name))}
        work = f"{self._schema}.{quote(table.work_name)}"
        info = conn.execute(f"PRAGMA {self._schema}.table_info({quote(table.work_name)})")
        columns, notes = [], table.imported.notes
        for _, name, kind, *_ in info.fetchall():
            target = find_name(name, list(there))
            if target is None:
                conn.execute(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(name)} {kind}")
                notes.append(f"A column {name} was added to {table.name}.")
                target = name
            else:
                notes += note_on_changes(conn, work, name, target, there[target])
            columns.append((name, target))
        targets = ", ".join(quote(target) for _, target in columns)
        float_text.install(conn)
        values = ", ".join(value_to_add(name, there.get(target, "")) for name, target in columns)
        insert = f"INSERT INTO main.{quote(table.name)} ({targets})"
        conn.execute("SAVEPOINT adding")
        try:
            cursor = conn.execute(f"{insert} SELECT {values} FROM {work} ORDER BY rowid")
            table.added_to = cursor.rowcount
        except sqlite3.IntegrityError:
            conn.execute("ROLLBACK TO adding")
            table.added_to = self._add_fitting(insert, values, [name for name, _ in columns], work)
        conn.execute("RELEASE adding")
        if self._schema == "main":
            conn.execute(f"DROP TABLE {work}")

    def _add_fitting(self, insert: str, values: str, names: list[str], work: str) -> int:
        conn, imported = self._conn, self._table.imported
        rejected = Rejected(conn, self._table.work_name, names)
        rejected.count = imported.rejected if self._schema == "main" else 0
        statement = f"{insert} VALUES ({', '.join('?' * len(names))})"
        fitted = 0
        for low, high in slices(conn, work):
            rows = conn.execute(
                f"SELECT rowid, {values} FROM {work} WHERE rowid BETWEEN ? AND ?", (low, high)
            ).fetchall()
            numbered = [(number, row) for number, *row in rows]
            fitted += insert_fitting(conn, statement, numbered, rejected.add)
        if self._schema != "main":
            imported.rejected += rejected.count
        else:
            imported.rejected = rejected.count
        return fitted

    def _finish_rejected(self) -> None:
        conn, table = self._conn, self._table
        if table.imported.rejected == 0:
            return
        work = rejected_name(table.work_name)
        name = side_name(table.name, "_rejected", names_in(conn))
        here = find_name(work, list(names_in(conn))) is not None
        if here:
            conn.execute(f"ALTER TABLE {quote(work)} RENAME TO {quote(name)}")
        if self._schema != "main" and self._adds:
            # Rows rejected when the table was made have not been copied.
            where = f"SELECT sql FROM {self._schema}.sqlite_master WHERE name = ?"
            found = conn.execute(where, [work]).fetchone()
            if found is not None:
                if not here:
                    conn.execute(found[0])
                    conn.execute(f"ALTER TABLE {quote(work)} RENAME TO {quote(name)}")
                conn.execute(
                    f"INSERT INTO main.{quote(name)} SELECT * FROM {self._schema}.{quote(work)}"
                )
        count, line = table.imported.rejected, table.imported.first_rejected
        where = (
            "" if line is None else f" ({'line' if count == 1 else 'the first in line'} {line:,})"
        )
        table.imported.notes.append(
            f"{count:,} {'row' if count == 1 else 'rows'} did not fit{where} and"
            f" {'is' if count == 1 else 'are'} in table {name}."
        )


def _fill_at_once(conn: sqlite3.Connection, index: FullText) -> None:
    """Make the index of a table that took another's name, in one go."""
    work = index.fill(conn, index.table, _no_breath)
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("nothing above waits")


async def _no_breath(position: int) -> None:
    pass


async def begin(conn: sqlite3.Connection, pace: Pace) -> None:
    """Begin to write once no other transaction does."""
    for patience in range(_PATIENCE, -1, -1):
        try:
            conn.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError:
            if patience == 0:
                raise
        await pace.rest()


def names_in(conn: sqlite3.Connection) -> set[str]:
    """Return the names that are taken in a database."""
    return {name for (name,) in conn.execute("SELECT name FROM main.sqlite_master")}


def _table_info(table: str) -> str:
    return f"PRAGMA main.table_info({quote(table)})"
