"""The result of importing one table, and the rows that did not fit.

Rows that don't fit go into a side table, so that they are not lost: those with a value that is not
of the requested type, or with a primary key that is empty or was there before. landing.py then
brings the table into its database.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.importing.options import ALL_TEXT, ImportOptions
from engine.sqlite.names import column_names, find_name, quote


@dataclass
class Imported:
    """A table that was made."""

    columns: list[str]
    text_columns: list[str]
    rows: int
    rejected: int = 0  # rows in its side table
    notes: list[str] = field(default_factory=list)  # sentences on what did not work as requested
    first_rejected: int | None = None  # its line in the file, if that has lines


class Rejected:
    """The rows that don't fit into `table`, in a side table that is made with the first row."""

    #: Those of the side table.
    COLUMNS = ("row", "line", "reason", "values")

    #: The names of the values that `add` is given.
    columns: Sequence[str]

    def __init__(self, conn: sqlite3.Connection, table: str, columns: Sequence[str] = ()) -> None:
        self._conn = conn
        self._table = quote(rejected_name(table))
        self.columns = columns
        self.count = 0
        #: The line of the file in which the first of them begins, if that has lines.
        self.first_line: int | None = None

    def add(self, number: int, reason: str, values: Sequence[Any], line: int | None = None) -> None:
        """Keep a row.

        :param number: which row of the data it is, from 1.
        :param line: in which line of the file it begins, from 1; None where there are none.
        """
        named = dict(zip(self.columns, values, strict=True))
        self.add_text(number, reason, json.dumps(named, ensure_ascii=False, default=_as_json), line)

    def add_text(self, number: int, reason: str, text: str, line: int | None = None) -> None:
        """Keep text that should have been a row, as it is in the file."""
        if self.count == 0:
            self._conn.execute(
                f'CREATE TABLE {self._table} (\n   "row" INTEGER,\n   "line" INTEGER,\n'
                '   "reason" TEXT,\n   "values" TEXT\n)'
            )
        if line is not None:
            # They do not come in the order of their lines.
            self.first_line = line if self.first_line is None else min(line, self.first_line)
        self.count += 1
        statement = f"INSERT INTO {self._table} VALUES (?, ?, ?, ?)"
        self._conn.execute(statement, (number, line, reason, text))


def rejected_name(table: str) -> str:
    """Return the name of the side table for a table that is being made."""
    return f"{table}_rejected"


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$base64": True, "encoded": base64.b64encode(value).decode()}
    return str(value)


def names_of(header: Sequence[str], rename: Mapping[str, str]) -> list[str]:
    """Return a usable, distinct name for each column.

    :param rename: new names, by those that the columns would have without it.
    """
    names = column_names(header)
    return column_names([rename.get(name, name) for name in names]) if rename else names


class Chosen:
    """Finds the columns that options name, and notes missing ones.

    :param columns: those of the table.
    """

    def __init__(self, columns: Sequence[str], notes: list[str]) -> None:
        self._columns = columns
        self._notes = notes

    def find(self, names: Iterable[str], what: str) -> list[str]:
        """Return the columns with these names.

        :param what: what they were named for, for the note; if empty, nothing is noted.
        """
        found = []
        for name in names:
            column = find_name(name, self._columns)
            if column is None and what:
                self._notes.append(f"There is no column {name!r} {what}.")
            elif column is not None and column not in found:
                found.append(column)
        return found

    def primary_key(self, options: ImportOptions, dropped: Collection[str]) -> list[str]:
        """Return the columns of the primary key; `dropped` are left out of the table."""
        found = self.find(options.pk, "for a primary key")
        return self._kept(found, dropped, "be part of the primary key")

    def searched(self, options: ImportOptions, dropped: Collection[str]) -> None:
        """Note which of the columns to search in are missing; `dropped` are left out."""
        found = self.find([name for name in options.fts if name != ALL_TEXT], "to search")
        self._kept(found, dropped, "be searched")

    def _kept(self, found: Iterable[str], dropped: Collection[str], what: str) -> list[str]:
        kept = []
        for name in found:
            if name in dropped:
                self._notes.append(f"Column {name} is left out, so it can't {what}.")
            else:
                kept.append(name)
        return kept


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
