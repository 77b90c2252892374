"""Decides what an SQL script may do, and notices what it does to tables that existed before it.

SQLite's authorizer enforces the rules: however a statement is written, SQLite says what it is going
to do. https://www.sqlite.org/c3ref/c_alter_table.html lists the actions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from engine.errors import SourceError
from engine.sqlite.names import quote

#: What dumps set that is part of a database. The others are about how a connection works.
PRAGMAS = frozenset(["user_version", "application_id", "writable_schema", "recursive_triggers"])

# What modules of virtual tables look up for themselves; none changes anything.
_LOOK_UPS = frozenset(
    [
        *("data_version", "page_size", "encoding", "table_info", "table_xinfo", "table_list"),
        *("index_list", "index_info", "index_xinfo", "foreign_key_list"),
    ]
)
_TAKE_A_NAME = frozenset(
    ["table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"]
    + ["foreign_key_list"]
)

_REFUSED = frozenset(
    [
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    ]
)

# By action: which of its arguments is the table, and what is done, as part of a sentence.
_ACTIONS = {
    sqlite3.SQLITE_DROP_TABLE: (1, "removes {}"),
    sqlite3.SQLITE_DROP_VTABLE: (1, "removes {}"),
    sqlite3.SQLITE_DROP_VIEW: (1, "removes {}"),
    sqlite3.SQLITE_ALTER_TABLE: (2, "alters {}"),
    sqlite3.SQLITE_DELETE: (1, "deletes rows of {}"),
    sqlite3.SQLITE_INSERT: (1, "adds rows to {}"),
    sqlite3.SQLITE_UPDATE: (1, "changes rows of {}"),
    sqlite3.SQLITE_CREATE_TRIGGER: (2, "adds a trigger to {}"),
    sqlite3.SQLITE_DROP_TRIGGER: (2, "removes a trigger of {}"),
    sqlite3.SQLITE_CREATE_INDEX: (2, "adds an index to {}"),
    sqlite3.SQLITE_DROP_INDEX: (2, "removes an index of {}"),
}

# More changes than these are only counted.
_MOST_CHANGES = 10


class ChangesExisting(SourceError):
    """Raised when a script would change tables that it has not made. Nothing was changed. The
    person can allow it; a link cannot.
    """


class Guard:
    """Watches a script.

    :param existing: names of tables and views that the script has not made.
    :param isolated: whether nothing but the script has anything in the database, so that it may
        write to the schema itself, as dumps of virtual tables do.
    """

    def __init__(self, existing: Collection[str] = (), *, isolated: bool = True) -> None:
        self._existing = {_fold(name): name for name in existing}
        self._isolated = isolated
        #: What was done to existing tables, such as "deletes rows of t", in order.
        self.changes: list[str] = []

    def begin(self, conn: sqlite3.Connection) -> None:
        """Watch what is executed from now on."""
        conn.set_authorizer(self._authorize)

    def end(self, conn: sqlite3.Connection) -> None:
        """Stop watching."""
        conn.set_authorizer(None)

    def check_triggers(self, conn: sqlite3.Connection) -> None:
        """See what triggers on the script's own tables and views would change. One that refers to
        something that is not there yet counts as a change: nobody knows what it will do.
        """
        where = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        for (table,) in conn.execute(where).fetchall():
            if _fold(table) in self._existing:
                continue
            name = quote(table)
            info = conn.execute(f"PRAGMA table_xinfo({name})").fetchall()
            columns = [quote(column) for _, column, *_, hidden in info if hidden == 0]
            sets = ", ".join(f"{column} = {column}" for column in columns)
            statements = [
                f"INSERT INTO {name} ({', '.join(columns[:1])}) SELECT NULL",
                f"UPDATE {name} SET {sets}",
                f"DELETE FROM {name}",
            ]
            # Preparing a statement compiles all triggers that it could fire.
            self.begin(conn)
            for statement in statements:
                try:
                    conn.execute(f"EXPLAIN {statement}")
                except sqlite3.Error as error:
                    # A view need not have triggers for all three.
                    if "because it is a view" not in str(error):
                        self.changes.append(f"adds a trigger to {table} that fails ({error})")
                        break
            self.end(conn)

    def refuse_changes(self, source: str) -> None:
        """
        Raises:
            ChangesExisting: the script did something to existing tables.
        """
        if not self.changes:
            return
        shown = self.changes[:_MOST_CHANGES]
        more = len(self.changes) - len(shown)
        if more:
            shown.append(f"makes {more} more changes")
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        raise ChangesExisting(
            f"{source} changes tables that it did not create: it {listed}.",
            source=source,
            hint="Nothing was changed. If you trust this script, open the file itself here and"
            " run it on your data.",
        )

    def _authorize(
        self, action: int, first: str | None, second: str | None, schema: str | None, _: str | None
    ) -> int:
        if action in _REFUSED:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and _fold(second or "") == "load_extension":
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_PRAGMA and not self._may_set(_fold(first or ""), second):
            return sqlite3.SQLITE_DENY
        if action in _ACTIONS and schema != "temp":
            position, words = _ACTIONS[action]
            table = self._existing.get(_fold((first if position == 1 else second) or ""))
            if table is not None and (change := words.format(table)) not in self.changes:
                self.changes.append(change)
        return sqlite3.SQLITE_OK

    def _may_set(self, name: str, value: str | None) -> bool:
        if name in _LOOK_UPS:
            return value is None or name in _TAKE_A_NAME
        return self._isolated and name in PRAGMAS


def _fold(name: str) -> str:
    return name.lower()
