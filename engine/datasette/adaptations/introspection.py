"""Keeps one table that SQLite cannot open from breaking its database, and a database the others.

Datasette asks each table for its columns when it starts and on most pages. A virtual table whose
module or tokenizer is missing answers with an error, and natively Datasette does not start then.
Here it has no columns; plugins/unreadable_tables.py explains it on its own page. Connections know
the collations that the schema names (connections.py).

A column whose name is not UTF-8 is left out. Datasette replaces what it cannot decode and asks for
a column of that name. SQLite knows none, so it takes the quoted name for text, and the pages showed
that text as the value of every row.

The column that labels rows is looked for once, until the database is written to.

This can go when Datasette reads schemas in which something is missing or damaged.
"""

from __future__ import annotations

from typing import Any

import datasette.database
import datasette.utils
import datasette.utils.internal_db
import datasette.views.table_create_alter
from datasette.database import Database

from engine.datasette.adaptations import file_names, unchanged
from engine.sqlite.connections import DAMAGED, accept_collations
from engine.sqlite.unreadable import unreadable_columns

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
        if any("\ufffd" in column.name for column in details):
            left_out = unreadable_columns(connection, table)
            details = [column for column in details if column.cid not in left_out]
    except DAMAGED:
        return []
    return details


def _connect(database: Database, write: bool = False) -> Any:
    connection = file_names.connect(database, write)
    if database.path is not None:
        accept_collations(connection)
    return connection


async def _label_column(database: Any, table: str) -> str | None:
    if (await database.ds.table_config(database.name, table)).get("label_column"):
        chosen: str = await _plain_label_column(database, table)
        return chosen
    known = unchanged.memory(database, "label columns")
    if table not in known:
        try:
            known[table] = await _plain_label_column(database, table)
        except DAMAGED:
            return None
    label: str | None = known[table]
    return label


def install() -> None:
    """Change Datasette's functions, after file_names.py; doing it again changes nothing."""
    for module in _USERS:
        module.table_column_details = _column_details
    unchanged.install()
    Database.connect = _connect
    Database.label_column_for_table = _label_column
