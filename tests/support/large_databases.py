"""Databases that are worth reading block by block."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def make_places(
    path: Path, rows: int, *, page_size: int = 4096, wal: bool = False, vacuum: str = "none"
) -> Path:
    """Make a database with a table of `rows` places, some 250 bytes each, an index and full-text
    search.

    Place n is called “Place n”, has the code (n * 7919) % 1000003 and the words w{n} and common.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute(f"PRAGMA page_size = {page_size}")
        conn.execute(f"PRAGMA auto_vacuum = {vacuum}")
        if wal:
            conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("BEGIN")
        conn.execute("CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT, code INTEGER, note)")
        conn.execute(
            "INSERT INTO places WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " SELECT i, 'Place ' || i, (i * 7919) % 1000003, hex(zeroblob(95)) || ' w' || i FROM n",
            [rows],
        )
        conn.execute("CREATE INDEX places_code ON places (code)")
        conn.execute('CREATE VIRTUAL TABLE places_fts USING fts5(name, note, content="places")')
        conn.execute(
            "INSERT INTO places_fts (rowid, name, note) SELECT id, name, 'w' || id FROM places"
        )
        conn.execute("COMMIT")
    return path


def code_of(row: int) -> int:
    """Return the code of a place."""
    return (row * 7919) % 1000003
