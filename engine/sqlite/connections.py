"""Connections to databases whose schema names collations that only another program has.

Android's `LOCALIZED` and Plex's `icu_root` live in the program that made the file. Without them
SQLite refuses to sort, compare or insert. Here they compare text as SQLite's own BINARY does,
character by character. An index that was built in another order would make such a comparison miss
rows, so indexes are rebuilt once, before anything else reads them (`rebuild_indexes`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.sqlite.names import quote, unquoted

#: The collations of SQLite itself.
BUILT_IN = frozenset({"BINARY", "NOCASE", "RTRIM"})

#: What reading a damaged database raises; the second, where SQLite's own message is no text.
DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)

_COLLATE = re.compile(
    r"""\bcollate\s+("(?:[^"]|"")+"|'(?:[^']|'')+'|`(?:[^`]|``)+`|\[[^\]]+\]|[^\s,;()"'`\[\]]+)""",
    re.I,
)


def connect(path: str | Path, **options: Any) -> Any:
    """Connect to a database as sqlite3.connect does, with a stand-in for each missing collation."""
    connection = sqlite3.connect(path, **options)
    try:
        accept_collations(connection)
    except DAMAGED:
        pass  # whatever reads the damaged schema next says what is wrong with it
    return connection


def accept_collations(connection: sqlite3.Connection) -> list[str]:
    """Register each collation that the schema names and SQLite does not know.

    Returns:
        Their names.
    """
    missing = missing_collations(connection)
    for name in missing:
        connection.create_collation(name, _compare)
    if missing:
        # Read while they were missing, the schema has tables without rowid that can't be searched.
        connection.execute("PRAGMA writable_schema = RESET")
    return missing


def missing_collations(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the collations that the schema names and SQLite does not know."""
    known = {row[1].upper() for row in connection.execute("PRAGMA collation_list")}
    # As bytes: what a damaged file calls text need not be any.
    query = "SELECT CAST(sql AS BLOB) FROM main.sqlite_master WHERE sql LIKE '%collate%'"
    found: dict[str, str] = {}
    for row in connection.execute(query).fetchall():
        for name in collations_in(row[0].decode(errors="replace")):
            if name.upper() not in known:
                found.setdefault(name.upper(), name)
    return list(found.values())


def collations_in(sql: str) -> list[str]:
    """Return the names of the collations in a statement, each once.

    >>> collations_in('CREATE TABLE t (a TEXT COLLATE NOCASE, b collate "my own")')
    ['NOCASE', 'my own']
    """
    return list(dict.fromkeys(unquoted(name) for name in _COLLATE.findall(sql)))


def rebuild_indexes(path: Path, but: Collection[str] = ()) -> list[str]:
    """Put the indexes that use a missing collation into the order that applies here.

    :param but: collations whose indexes are in that order already.

    Returns:
        The names of all missing collations.

    Raises:
        DAMAGED: its schema or such an index cannot be read.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        missing = accept_collations(connection)
        for name in missing:
            if name not in but:
                connection.execute(f"REINDEX {quote(name)}")
    return missing


def _compare(one: str, other: str) -> int:
    return (one > other) - (one < other)
