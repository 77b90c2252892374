"""Takes in an SQL script: its tables go to the same database as other imported tables.

A script is untrusted code, so it always runs in a database of its own first; the tables it makes
there are copied over as landing.py does. Virtual tables and tables without a rowid are copied
whole, in one go. A script that reads or changes existing tables cannot run alone, so it runs in the
database itself. It may read tables and make new ones, but nothing that it did not make is changed
unless the person has agreed.

A database that is not served yet holds only data from the same link, so the script runs in it.

sql_script.py splits the script into statements, and sql_guard.py has the rules.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from pathlib import Path

from engine.errors import SourceError
from engine.importing.csv_dialect import decode_text
from engine.importing.file_kinds import refuse_other_formats, refuse_other_texts
from engine.importing.finishing import NewTable
from engine.importing.imported import Imported
from engine.importing.landing import Landing
from engine.importing.options import ImportOptions
from engine.importing.sql_script import run_script
from engine.pace import Pace
from engine.sqlite.names import find_name, quote
from engine.sqlite.sql_guard import Guard
from engine.sqlite.whole_copy import copy_whole

_MADE = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master"
    " WHERE sql > '' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
_ORDER = ("index", "view", "trigger")
_NOT_PLAIN = re.compile(
    r"CREATE\s+VIRTUAL|.*\)\s*(?:STRICT\s*,\s*)?WITHOUT\s+ROWID\b", re.IGNORECASE | re.DOTALL
)


def read_script(path: Path, source: str) -> str:
    """Return the text of a script.

    Raises:
        SourceError: it is not a script.
    """
    data = path.read_bytes()
    refuse_other_formats(data[:1000], source, "SQL")
    text = decode_text(data)
    refuse_other_texts(text, source, "SQL")
    return text


async def import_script(
    script: str,
    landing: Landing,
    source: str,
    pace: Pace,
    replaced: Collection[str] = (),
    *,
    may_change: bool = False,
) -> list[NewTable]:
    """Run a script, and return the tables that it made, under their final names.

    :param replaced: tables from an earlier run that it replaces.
    :param may_change: whether the person lets it change tables that it did not make.

    Raises:
        ChangesExisting: it would do so, and may not. Nothing of the script remains.
        SourceError: a statement failed. Nothing of the script remains.
    """
    conn = landing.connection
    breathe = pace.part(0, 0.9, len(script))
    if landing.is_in_place:
        before = _tables(conn)
        for name in before.intersection(replaced):
            conn.execute(f"DROP TABLE {quote(name)}")
        await run_script(script, conn, source, breathe)
        made = [_table(conn, name, name) for name in sorted(_tables(conn) - before)]
        await landing.land([], pace)
        return made
    try:
        alone = Guard()
        await run_script(script, conn, source, breathe, alone)
        alone.check_triggers(conn)
        alone.refuse_changes(source)
        plan = _Plan(conn, landing.taken - set(replaced))
    except (SourceError, sqlite3.Error):
        # The database may have what it lacks. If not, the same error is raised again.
        plan = None
    # A script that writes the schema itself may have put anything there.
    if plan is not None and plan.is_plain and "writable_schema" not in script.lower():
        return await plan.land(landing, pace)
    if plan is not None and plan.is_new:
        try:
            return await plan.copy(landing, pace, replaced, source)
        except sqlite3.Error:
            pass  # such as a module that keeps its rows in another way
    guard = Guard(landing.taken - set(replaced), isolated=False)
    return await _run_there(script, landing, source, pace, replaced, None if may_change else guard)


async def _run_there(
    script: str,
    landing: Landing,
    source: str,
    pace: Pace,
    replaced: Collection[str],
    guard: Guard | None,
) -> list[NewTable]:
    """Run a script in the served database. Without a guard it may change anything."""
    async with landing.there(pace) as conn:
        before = _tables(conn)
        for name in before.intersection(replaced):
            conn.execute(f"DROP TABLE {quote(name)}")
        watch = guard or Guard(isolated=False)
        await run_script(script, conn, source, None, watch)
        watch.check_triggers(conn)
        if guard is not None:
            guard.refuse_changes(source)
        return [_table(conn, name, name) for name in sorted(_tables(conn) - before)]


class _Plan:
    """Brings the tables that a script has made in its own database into another one.

    :param taken: names in that database.
    """

    def __init__(self, conn: sqlite3.Connection, taken: Collection[str]) -> None:
        self._conn = conn
        made = conn.execute(_MADE).fetchall()
        self._tables = [name for kind, name, _, _ in made if kind == "table"]
        others = [(kind, sql) for kind, _, _, sql in made if kind != "table"]
        #: Statements to run once the tables have their names.
        self._others = [sql for _, sql in sorted(others, key=lambda one: _ORDER.index(one[0]))]
        #: Whether no name is taken.
        self.is_new = bool(made) and not any(find_name(name, list(taken)) for _, name, _, _ in made)
        #: Whether the tables can also be copied piece by piece, and renamed.
        self.is_plain = (
            self.is_new
            and bool(self._tables)
            and not any(_NOT_PLAIN.match(sql) for _, _, _, sql in made)
        )

    async def land(self, landing: Landing, pace: Pace) -> list[NewTable]:
        """Give the tables work names, and land them."""
        conn, tables = self._conn, []
        # References to the tables keep their names.
        conn.execute("PRAGMA legacy_alter_table = ON")
        for name in self._tables:
            work = landing.new_name()
            conn.execute(f"ALTER TABLE {quote(name)} RENAME TO {quote(work)}")
            tables.append(_table(conn, work, name))
        conn.execute("PRAGMA legacy_alter_table = OFF")
        await landing.land(tables, pace, 0.9, also=self._others)
        return tables

    async def copy(
        self, landing: Landing, pace: Pace, replaced: Collection[str], source: str
    ) -> list[NewTable]:
        """Copy everything as it is, in one go."""
        guard = Guard(landing.taken - set(replaced), isolated=False)
        async with landing.beside(pace) as conn:
            before = _tables(conn)
            for name in before.intersection(replaced):
                conn.execute(f"DROP TABLE {quote(name)}")
            guard.begin(conn)
            try:
                copy_whole(conn, "aside")
            finally:
                guard.end(conn)
            guard.check_triggers(conn)
            guard.refuse_changes(source)
            return [_table(conn, name, name) for name in sorted(_tables(conn) - before)]


def _table(conn: sqlite3.Connection, work: str, name: str) -> NewTable:
    try:
        (rows,) = conn.execute(f"SELECT count(*) FROM {quote(work)}").fetchone()
    except sqlite3.Error:
        rows = 0  # such as a damaged index for full-text search; its own page says what is wrong
    options = ImportOptions(name=name, exists="replace")
    return NewTable(work, name, options, Imported([], [], rows), name=name)


def _tables(conn: sqlite3.Connection) -> set[str]:
    # Without the shadow tables of virtual tables.
    kinds = "schema = 'main' AND type IN ('table', 'virtual')"
    where = f"SELECT name FROM pragma_table_list WHERE {kinds}"
    return {name for (name,) in conn.execute(where) if not name.startswith("sqlite_")}
