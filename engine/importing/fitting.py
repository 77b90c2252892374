"""Decides which rows fit into a table, and inserts those.

A row does not fit if a column of its primary key is empty, a value is not of the type that the
options ask for, or SQLite refuses it. Rejected (imported.py) keeps such rows.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from engine.importing.column_types import ColumnType, type_of

_PLUS = re.compile(r"^\s*\+(?=[0-9])", re.ASCII)


class Fits:
    """Checks rows before SQLite sees them.

    :param keys: places of columns that must not be empty.
    :param forced: places of columns that hold other values than the type they were given.
    :param blank_is_null: whether an empty string stands for NULL, as in CSV.
    """

    def __init__(
        self,
        names: Sequence[str],
        keys: Sequence[int],
        forced: Sequence[tuple[int, ColumnType]],
        *,
        blank_is_null: bool,
    ) -> None:
        self._names = names
        self._keys = keys
        self._forced = forced
        self._nulls = (None, "") if blank_is_null else (None,)

    def __bool__(self) -> bool:
        """Whether there may be rows that don't fit."""
        return bool(self._keys or self._forced)

    def misfit(self, row: Sequence[Any]) -> str | None:
        """Return why a row does not fit, or None if it does."""
        for place in self._keys:
            if row[place] is None or row[place] == "":
                return f"{self._names[place]} is empty."
        for place, wanted in self._forced:
            value = row[place]
            if value not in self._nulls and not is_number(value, wanted):
                what = "an integer" if wanted is ColumnType.INTEGER else "a number"
                return f"{self._names[place]} is not {what}: {str(value)[:100]!r}."
        return None


def is_number(value: Any, wanted: ColumnType) -> bool:
    """Return whether SQLite converts a value to a number of the type."""
    if isinstance(value, bytes):
        return False
    if isinstance(value, str):
        # With a plus sign, many digits are a phone number unless a person says otherwise.
        return value != "" and type_of(_PLUS.sub("", value)) <= wanted
    if wanted is ColumnType.FLOAT or isinstance(value, int):
        return True
    # A float beyond 64 bits would stay one, and infinity is not an integer at all.
    return bool(-(2.0**63) <= value < 2.0**63 and value == int(value))


def insert_fitting(
    conn: sqlite3.Connection,
    statement: str,
    rows: Sequence[tuple[int, Sequence[Any]]],
    reject: Callable[[int, str, Sequence[Any]], None],
) -> int:
    """Insert rows, each with its number; reject those that don't fit; return how many did."""
    conn.execute("SAVEPOINT fitting")
    try:
        conn.executemany(statement, [row for _, row in rows])
    except sqlite3.IntegrityError:
        conn.execute("ROLLBACK TO fitting")
    else:
        conn.execute("RELEASE fitting")
        return len(rows)
    # At least one of them is wrong, so insert them one by one.
    fitted = 0
    for number, row in rows:
        try:
            conn.execute(statement, row)
            fitted += 1
        except sqlite3.IntegrityError as error:
            reject(number, reason_in_words(error), row)
    conn.execute("RELEASE fitting")
    return fitted


def reason_in_words(error: sqlite3.IntegrityError) -> str:
    """Return why SQLite rejected a row, in plain words."""
    what, _, where = str(error).partition(" constraint failed: ")
    columns = ", ".join(name.rpartition(".")[2] for name in where.split(", "))
    if what == "UNIQUE":
        return f"An earlier row has the same {columns}."
    if what == "NOT NULL":
        return f"{columns} is empty."
    return f"{error}."
