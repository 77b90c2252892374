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
