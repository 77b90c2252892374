"""Keeps one table that SQLite cannot open from breaking its database, and a database the others.

Datasette asks each table for its columns when it starts and on most pages. A virtual table whose
module or tokenizer is missing answers with an error, and natively Datasette does not start then.
Here it has no columns; plugins/unreadable_tables.py explains it on its own page. Connections know
the collations that the schema names (connections.py). It can go when Datasette reads schemas in
which something is missing.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import datasette.database
import datasette.utils
import datasette.utils.internal_db
import datasette.views.table_create_alter
from datasette.database import Database

from engine.adaptations import file_names
from engine.connections import accept_collations

# Where Datasette has imported the function by its name.
_USERS = (
    datasette.utils,
    datasette.utils.internal_db,
    datasette.database,
    datasette.views.table_create_alter,
)

_plain_column_details = datasette.utils.table_column_details
_plain_label_column = Database.label_column_for_table


def _column_details(connection: Any, table: str) -> list[Any]:
    try:
        details: list[Any] = _plain_column_details(connection, table)
    except sqlite3.DatabaseError:
        return []
    return details


def _connect(database: Database, write: bool = False) -> Any:
    connection = file_names.connect(database, write)
    if database.path is not None:
        accept_collations(connection)
    return connection


async def _label_column(database: Database, table: str) -> str | None:
    try:
        label: str | None = await _plain_label_column(database, table)
    except sqlite3.DatabaseError:
        return None
    return label


def install() -> None:
    """Change Datasette's functions, after file_names.py; doing it again changes nothing."""
    for module in _USERS:
        module.table_column_details = _column_details
    Database.connect = _connect
    Database.label_column_for_table = _label_column
