"""Copies everything from one schema of a connection into its main one, unchanged.

This is for databases with virtual tables, whose rows are in tables of their own, and tables without
a rowid. The text of a definition is run only if it can do nothing but create that object.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection

from engine.sqlite.names import quote

_MAKES = re.compile(
    r"CREATE\s+(?:TABLE|VIRTUAL\s+TABLE|(?:UNIQUE\s+)?INDEX|VIEW|TRIGGER)\b", re.IGNORECASE
)
_ROWIDS = ("rowid", "_rowid_", "oid")


def copy_whole(conn: sqlite3.Connection, schema: str) -> None:
    """Copy all objects of `schema`, whose names must be free, within the open transaction.

    Raises:
        sqlite3.Error: something of it cannot be made in the main schema.
    """
    where = "SELECT name, type, wr FROM pragma_table_list WHERE schema = ?"
    kinds = {name: (kind, wr) for name, kind, wr in conn.execute(where, [schema])}
    definitions = conn.execute(
        f"SELECT type, name, sql FROM {schema}.sqlite_master"
        " WHERE sql > '' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid"
    ).fetchall()
    for wanted in ("table", "virtual"):
        for kind, name, sql in definitions:
            table_kind, without_rowid = kinds.get(name, ("", 0))
            if kind == "table" and table_kind == wanted:
                _make(conn, sql)
                if wanted == "table":
                    _copy_rows(conn, schema, name, with_rowid=not without_rowid)
    for name, (kind, without_rowid) in kinds.items():
        if kind == "shadow":
            conn.execute(f"DELETE FROM main.{quote(name)}")
            _copy_rows(conn, schema, name, with_rowid=not without_rowid)
    _copy_sequences(conn, schema, kinds)
    later = [(kind, sql) for kind, _, sql in definitions if kind != "table"]
    for wanted in ("index", "view", "trigger"):
        for kind, sql in later:
            if kind == wanted:
                _make(conn, sql)


def copy_table(conn: sqlite3.Connection, schema: str, table: str) -> None:
    """Copy one ordinary table with its indexes; its name must be free.

    Raises:
        sqlite3.Error: it cannot be made in the main schema.
    """
    where = "SELECT wr FROM pragma_table_list WHERE schema = ? AND name = ?"
    [without_rowid] = conn.execute(where, [schema, table]).fetchone()
    definitions = conn.execute(
        f"SELECT sql FROM {schema}.sqlite_master WHERE tbl_name = ? AND sql > ''"
        " AND type IN ('table', 'index') ORDER BY type DESC",
        [table],
    ).fetchall()
    for number, (sql,) in enumerate(definitions):
        _make(conn, sql)
        if number == 0:
            _copy_rows(conn, schema, table, with_rowid=not without_rowid)


def _make(conn: sqlite3.Connection, sql: str) -> None:
    # A schema can be written to, so its text may be anything.
    if not _MAKES.match(sql):
        raise sqlite3.DatabaseError(f"not a definition: {sql[:80]}")
    conn.execute(sql)


def _copy_rows(conn: sqlite3.Connection, schema: str, table: str, *, with_rowid: bool) -> None:
    info = conn.execute(f"PRAGMA {schema}.table_xinfo({quote(table)})").fetchall()
    columns = [quote(name) for _, name, *_, hidden in info if hidden == 0]
    taken = {name.lower() for _, name, *_ in info}
    rowid = next((name for name in _ROWIDS if name not in taken), None)
    # Indexes for full-text search refer to rows by it.
    if with_rowid and rowid is not None:
        columns.insert(0, rowid)
    listed = ", ".join(columns)
    conn.execute(
        f"INSERT INTO main.{quote(table)} ({listed}) SELECT {listed} FROM {schema}.{quote(table)}"
    )


def _copy_sequences(conn: sqlite3.Connection, schema: str, kinds: Collection[str]) -> None:
    """Have AUTOINCREMENT go on where it was."""
    if "sqlite_sequence" not in kinds:
        return
    for name, last in conn.execute(f"SELECT name, seq FROM {schema}.sqlite_sequence").fetchall():
        if name in kinds:
            conn.execute("UPDATE main.sqlite_sequence SET seq = ? WHERE name = ?", [last, name])
