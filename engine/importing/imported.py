"""What an import of one table hands on, and the rows that it could not take.

Responsible for the side table of rows that don't fit, so that they are not lost: a value that is
not of the type that was asked for, a primary key that is empty or was there before. How a table
then comes into its database is landing.py's business.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.sqlite.names import find_name, quote


@dataclass
class Imported:
    """A table that was made."""

    columns: list[str]
    text_columns: list[str]
    rows: int
    rejected: int = 0  # rows in its side table
    notes: list[str] = field(default_factory=list)  # sentences on what did not go as asked
    first_rejected: int | None = None  # in which line of the file, where it has lines


class Rejected:
    """The rows that don't fit into `table`, in a table beside it that is made with the first."""

    #: The names of the values that `add` is given.
    columns: Sequence[str]

    def __init__(self, conn: sqlite3.Connection, table: str, columns: Sequence[str] = ()) -> None:
        self._conn = conn
        self._table = quote(rejected_name(table))
        self.columns = columns
        self.count = 0
        #: The line of the file in which the first of them begins, where it has lines.
        self.first_line: int | None = None

    def add(self, number: int, reason: str, values: Sequence[Any], line: int | None = None) -> None:
        """Keep a row.

        :param number: which row of the data it is, from 1.
        :param line: in which line of the file it begins, from 1; None where there are none.
        """
        named = dict(zip(self.columns, values, strict=True))
        self.add_text(number, reason, json.dumps(named, ensure_ascii=False, default=_as_json), line)

    def add_text(self, number: int, reason: str, text: str, line: int | None = None) -> None:
        """Keep what should have been a row, as it stands in the file."""
        if self.count == 0:
            self._conn.execute(
                f'CREATE TABLE {self._table} (\n   "row" INTEGER,\n   "line" INTEGER,\n'
                '   "reason" TEXT,\n   "values" TEXT\n)'
            )
            self.first_line = line
        self.count += 1
        statement = f"INSERT INTO {self._table} VALUES (?, ?, ?, ?)"
        self._conn.execute(statement, (number, line, reason, text))


def rejected_name(table: str) -> str:
    """Return what the side table of a table that is being made is called."""
    return f"{table}_rejected"


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$base64": True, "encoded": base64.b64encode(value).decode()}
    return str(value)


def insert_fitting(
    conn: sqlite3.Connection,
    statement: str,
    rows: Sequence[tuple[int, Sequence[Any]]],
    reject: Callable[[int, str, Sequence[Any]], None],
) -> int:
    """Insert rows, each with its number, and return how many fitted. The others are rejected."""
    conn.execute("SAVEPOINT fitting")
    try:
        conn.executemany(statement, [row for _, row in rows])
    except sqlite3.IntegrityError:
        conn.execute("ROLLBACK TO fitting")
    else:
        conn.execute("RELEASE fitting")
        return len(rows)
    # Something is wrong with at least one of them: one by one, then.
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
    """Return why SQLite did not take a row, as a person would say it."""
    what, _, where = str(error).partition(" constraint failed: ")
    columns = ", ".join(name.rpartition(".")[2] for name in where.split(", "))
    if what == "UNIQUE":
        return f"An earlier row has the same {columns}."
    if what == "NOT NULL":
        return f"{columns} is empty."
    return f"{error}."


class Chosen:
    """Finds the columns that options name, and notes those that are not there.

    :param columns: those of the table.
    """

    def __init__(self, columns: Sequence[str], notes: list[str]) -> None:
        self._columns = columns
        self._notes = notes

    def find(self, names: Iterable[str], what: str) -> list[str]:
        """Return the columns that `names` mean.

        :param what: what they were named for, for the note; without, nothing is noted.
        """
        found = []
        for name in names:
            column = find_name(name, self._columns)
            if column is None and what:
                self._notes.append(f"There is no column {name!r} {what}.")
            elif column is not None and column not in found:
                found.append(column)
        return found


def create_table(
    table: str, columns: Sequence[tuple[str, str]], primary_key: Sequence[str] = ()
) -> str:
    """Return the statement that makes a table, laid out as sqlite-utils does.

    :param columns: names and types.
    """
    single = primary_key[0] if len(primary_key) == 1 else None
    lines = [
        f"   {quote(name)} {kind}" + (" PRIMARY KEY" if name == single else "")
        for name, kind in columns
    ]
    if len(primary_key) > 1:
        lines.append(f"   PRIMARY KEY ({', '.join(map(quote, primary_key))})")
    return f"CREATE TABLE {quote(table)} (\n" + ",\n".join(lines) + "\n)"
