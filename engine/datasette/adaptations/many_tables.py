"""Lets pages of a database with thousands of tables come in reasonable time.

To find hidden tables, Datasette asks for the list of all tables once for each of them: with 3,000
tables nine million rows, and 31 seconds in WebAssembly for the home page. Here it asks once. And it
goes through the schema for each table to find its full-text search, here only where there is any.
It can go when the time that Datasette's home page takes is proportional to the number of tables.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette import database
from datasette.database import Database
from datasette.utils import sqlite as introspection

from engine.replacing import replaced

_plain_hidden_table_names = introspection.sqlite_hidden_table_names
_plain_table_type = introspection.sqlite_table_type
_plain_detect_fts = database.detect_fts

_ANY_FTS = "SELECT 1 FROM sqlite_master WHERE rootpage = 0 AND sql LIKE '%USING FTS%' LIMIT 1"


def hidden_table_names(conn: sqlite3.Connection, *, schema: str | None = "main") -> list[str]:
    """Do what Datasette's sqlite_hidden_table_names does."""
    try:
        cursor = conn.execute("PRAGMA main.table_list" if schema == "main" else "PRAGMA table_list")
        columns = [name for name, *_ in cursor.description]
        tables = [dict(zip(columns, row, strict=True)) for row in cursor]
    except sqlite3.DatabaseError:
        # A view or virtual table is damaged; one by one, the others are told.
        found: list[str] = _plain_hidden_table_names(conn, schema=schema)
        return found
    types = {one["name"]: one["type"] for one in tables if schema in (None, one["schema"])}

    def table_type(conn: sqlite3.Connection, table: str, **options: Any) -> Any:
        return types.get(table) or _plain_table_type(conn, table, **options)

    with replaced(introspection, "sqlite_table_type", table_type):
        names: list[str] = _plain_hidden_table_names(conn, schema=schema)
    return names


async def fts_table(self: Any, table: str) -> str | None:
    """Do what Datasette's Database.fts_table does."""

    def find(conn: sqlite3.Connection) -> str | None:
        (version,) = conn.execute("PRAGMA schema_version").fetchone()
        known = getattr(self, "_fts_at_version", None)
        if known is None or known[0] != version:
            known = self._fts_at_version = (version, conn.execute(_ANY_FTS).fetchone() is not None)
        found: str | None = _plain_detect_fts(conn, table) if known[1] else None
        return found

    found: str | None = await self.execute_fn(find)
    return found


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    Database.fts_table = fts_table
    database.sqlite_hidden_table_names = hidden_table_names
