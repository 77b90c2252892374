"""Copies what can still be read from a damaged database into a new one.

Tables are read from both ends. Where SQLite meets a damaged page in between, the range is halved
until what is left around the damage is found. Tables, indexes, views and triggers are created as
the schema says, as far as it can be read. sqlite_file.py finds out whether a database needs this.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.pace import Pause, Turns, give_way
from engine.sqlite.connections import DAMAGED, connect
from engine.sqlite.names import quote

# Halves of a damaged table that are looked at, at most: each costs a few reads.
_MOST_RANGES = 4000

_LEAST_ROWID, _GREATEST_ROWID = -(2**63), 2**63 - 1

#: In the database's header.
PAGE_COUNT = slice(28, 32)

# Rows written at a time.
_BATCH = 1000


@dataclass
class Salvaged:
    """What came out of a damaged database."""

    #: Rows of each table, if all of it could be read.
    whole: dict[str, int] = field(default_factory=dict)
    #: Rows of each table that is there in part.
    partial: dict[str, int] = field(default_factory=dict)
    #: Tables of which nothing could be read.
    lost: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return sum(self.whole.values()) + sum(self.partial.values())


async def salvage(damaged: Path, target: Path, rest: Pause = give_way) -> Salvaged:
    """Copy what can be read of a database, whose file is changed a little.

    :param target: a path where nothing is yet.
    :param rest: awaited now and then, so that others get their turn.

    Raises:
        DAMAGED: not even the list of tables can be read.
    """
    _cut_to_whole_pages(damaged)
    result = Salvaged()
    turns = Turns(rest)
    with (
        closing(connect(damaged, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # With this, entries of the schema that make no sense are passed over.
        source.execute("PRAGMA writable_schema = ON")
        source.text_factory = lambda text: text.decode(errors="replace")
        copy.execute("PRAGMA synchronous = OFF")
        entries = list(_rows_of_schema(source))
        for kind, name, _, sql in entries:
            if kind == "table" and not _is_virtual(sql) and not name.startswith("sqlite_"):
                await _copy_table(source, copy, name, sql, result, turns)
        for kind, name, _, sql in entries:
            if kind == "table" and _is_virtual(sql):
                _declare(copy, name, sql)
            elif kind != "table":
                with suppress(*DAMAGED):
                    copy.execute(sql)
    return result


def _cut_to_whole_pages(path: Path) -> None:
    """Have a database's header say how many pages there are, where it says more.

    SQLite then takes a missing page for an error, which it would otherwise read as zeros.
    """
    with path.open("r+b") as file:
        header = file.read(100)
        page_size = page_size_of(header)
        pages = path.stat().st_size // page_size
        if pages < int.from_bytes(header[PAGE_COUNT], "big"):
            file.truncate(pages * page_size)
            file.seek(PAGE_COUNT.start)
            file.write(pages.to_bytes(4, "big"))


def page_size_of(header: bytes) -> int:
    """Return the page size of a database, by its header."""
    # 1 stands for 65,536, which does not fit the field.
    size = int.from_bytes(header[16:18], "big")
    return 65536 if size == 1 else max(size, 512)


def _rows_of_schema(source: Any) -> Iterator[tuple[str, str, str, str]]:
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
    for row in _until_error(source.execute(query)):
        if all(isinstance(value, str) for value in row):
            yield row


def _until_error(cursor: Any) -> Iterator[Any]:
    with suppress(*DAMAGED):
        yield from cursor


async def _copy_table(
    source: Any, copy: Any, name: str, sql: str, result: Salvaged, turns: Turns
) -> None:
    try:
        copy.execute(sql)
        columns = [
            row[1] for row in copy.execute(f"PRAGMA table_xinfo({quote(name)})") if not row[6]
        ]
        reader = _Reader(source, name, columns)
        insert = (
            f"INSERT OR IGNORE INTO {quote(name)} ({', '.join(map(quote, columns))})"
            f" VALUES ({', '.join('?' * len(columns))})"
        )
        copy.execute("BEGIN")
        count = 0
        batch = []
        for row in reader.rows():
            batch.append(row)
            if len(batch) == _BATCH:
                count += copy.executemany(insert, batch).rowcount
                batch.clear()
                if turns.are_due:
                    await turns.take()
        count += copy.executemany(insert, batch).rowcount
        copy.execute("COMMIT")
    except DAMAGED:
        if copy.in_transaction:
            copy.execute("ROLLBACK")
        result.lost.append(name)
        return
    if reader.is_whole:
        result.whole[name] = count
    elif count:
        result.partial[name] = count
    else:
        result.lost.append(name)


class _Reader:
    """Reads the rows of one table past what is damaged in it."""

    def __init__(self, source: Any, table: str, columns: list[str]) -> None:
        self._source = source
        self._table = quote(table)
        self._columns = ", ".join(map(quote, columns))
        self._left = _MOST_RANGES
        self.is_whole = True

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield each row that can be read, once."""
        try:
            self._source.execute(f"SELECT rowid FROM {self._table} LIMIT 0")
        except DAMAGED:
            yield from self._without_rowid()
            return
        for row in self._between(_LEAST_ROWID, _GREATEST_ROWID):
            yield row[1:]

    def _without_rowid(self) -> Iterator[tuple[Any, ...]]:
        cursor = self._source.execute(f"SELECT {self._columns} FROM {self._table}")
        try:
            yield from cursor
        except DAMAGED:
            self.is_whole = False

    def _between(self, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        ranges = [(low, high)]
        while ranges and self._left > 0:
            low, high = ranges.pop()
            self._left -= 1
            last = low - 1
            try:
                for row in self._select(low, high, "ASC"):
                    yield row
                    last = row[0]
                continue
            except DAMAGED:
                self.is_whole = False
            low = last + 1
            first = high + 1
            try:
                for row in self._select(low, high, "DESC"):
                    yield row
                    first = row[0]
                continue  # what failed in one direction may work in the other
            except DAMAGED:
                high = first - 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(low, middle), (middle + 1, high)]

    def _select(self, low: int, high: int, order: str) -> Any:
        return self._source.execute(
            f"SELECT rowid, {self._columns} FROM {self._table}"
            f" WHERE rowid BETWEEN ? AND ? ORDER BY rowid {order}",
            (low, high),
        )


def _is_virtual(sql: str) -> bool:
    return sql.lstrip().lower().startswith("create virtual")


def _declare(copy: Any, name: str, sql: str) -> None:
    """Enter a virtual table into the schema, as dumps do: its tables are there already."""
    # What its tables lack shows when it is read.
    copy.execute("PRAGMA writable_schema = ON")
    insert = (
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, 0, ?)"
    )
    with suppress(*DAMAGED):
        copy.execute(insert, ["table", name, name, sql])
    copy.execute("PRAGMA writable_schema = RESET")
    try:
        copy.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except DAMAGED:
        # The statement makes no sense.
        copy.execute("PRAGMA writable_schema = ON")
        copy.execute("DELETE FROM sqlite_master WHERE name = ?", [name])
        copy.execute("PRAGMA writable_schema = RESET")
