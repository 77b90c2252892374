"""What happens to values that are added to the columns of another table.

SQLite converts a value to the type of its column: added to a column of numbers, '007' becomes 7.
"""

from __future__ import annotations

import sqlite3

from engine.importing import float_text
from engine.importing.column_types import ColumnType, type_of
from engine.importing.excerpts import excerpt
from engine.importing.fitting import is_number
from engine.importing.rounding import is_rounded
from engine.sqlite.names import quote


def kind_of_column(declared: str) -> ColumnType | None:
    """Return what SQLite converts to, in a column with this type in CREATE TABLE; None: nothing.

    https://sqlite.org/datatype3.html#determination_of_column_affinity
    """
    kind = declared.upper()
    if "INT" in kind:
        return ColumnType.INTEGER
    if any(part in kind for part in ("CHAR", "CLOB", "TEXT")):
        return ColumnType.TEXT
    if kind == "" or "BLOB" in kind:
        return None
    is_real = any(part in kind for part in ("REAL", "FLOA", "DOUB"))
    return ColumnType.FLOAT if is_real else ColumnType.NUMERIC


def value_to_add(column: str, declared: str) -> str:
    """Return SQL for the value of `column` that is added to a column of the declared type."""
    name = quote(column)
    is_text = kind_of_column(declared) is ColumnType.TEXT
    return float_text.all_digits(name) if is_text else name


def note_on_changes(
    conn: sqlite3.Connection, rows: str, column: str, target: str, declared: str
) -> list[str]:
    """Return a sentence if values change as they are added to a column of the declared type.

    :param rows: SQL for the table that they come from.
    :param target: the name of the column that they are added to.
    """
    kind = kind_of_column(declared)
    if kind is None or kind is ColumnType.TEXT:
        return []

    def changes(value: str | int | float) -> bool:
        if isinstance(value, str):
            return _is_changed(value)
        return kind is ColumnType.FLOAT and isinstance(value, int) and is_rounded(value)

    conn.create_function("changes_as_number", 1, changes, deterministic=True)
    name = quote(column)
    where = f"typeof({name}) IN ('text', 'integer') AND changes_as_number({name})"
    found = f"SELECT count(*), min({name}) FROM {rows} WHERE {where}"
    count, first = conn.execute(found).fetchone()
    if not count:
        return []
    [(became,)] = conn.execute(f"SELECT CAST(? AS {kind.declaration})", [first]).fetchall()
    what = "1 value was" if count == 1 else f"{count:,} values were"
    which = "it was" if count == 1 else "one was"
    return [
        f"{what} changed, since column {target} holds numbers: {which} {excerpt(str(first))} and"
        f" became {became}."
    ]


def _is_changed(value: str) -> bool:
    """Return whether a text loses something as SQLite makes a number of it."""
    if is_number(value, ColumnType.FLOAT) and type_of(value) is not ColumnType.TEXT:
        return is_rounded(value) and type_of(value) is not ColumnType.INTEGER
    return _looks_like_a_number(value)


def _looks_like_a_number(value: str) -> bool:
    """Return whether SQLite makes a number of a text that an import would keep as text."""
    try:
        float(value)
    except ValueError:
        return False
    return (
        value.isascii() and "_" not in value and value.strip(" \t\n\v\f\r+-")[:1] in "0123456789."
    )
