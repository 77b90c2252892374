"""SQLite files made for a test."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def sqlite_file(folder: Path, *statements: str) -> bytes:
    """Return the bytes of a new database in which `statements` were run."""
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


def in_wal_mode(folder: Path, name: str = "app.db") -> dict[str, bytes]:
    """Return a database with a table in its file and another in its -wal, with all of its files."""
    path = folder / name
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.execute("create table in_file as select 1 as a")
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.execute("create table only_in_wal as select 42 as a")
    files = {path.name: path.read_bytes() for path in sorted(folder.glob(f"{name}*"), reverse=True)}
    connection.close()
    return files
