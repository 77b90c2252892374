"""Finishes what a copied database was in the middle of: replays its -wal, undoes with its -journal.

SQLite does the work; it wants the journal beside the database, under its name. In WAL mode it would
also want shared memory, which a browser does not have, unless it has the file to itself.
https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

#: What journals are called, after the database's name. SQLite makes a -shm again by itself.
SUFFIXES = ("-wal", "-journal", "-shm")

_WAL_HEADER_SIZE = 32

# In the database's header.
_WRITE_AND_READ_VERSION = slice(18, 20)
_WRITE_AHEAD_LOG = b"\x02\x02"


def beside(database: Path, suffix: str) -> Path:
    """Return where a journal of a database lies."""
    return Path(f"{database}{suffix}")


def stamp(database: Path | str) -> tuple[tuple[int, int], ...]:
    """Return what changes whenever a database is written to: sizes and times, the -wal's too."""
    found = []
    for file in (database, f"{database}-wal"):
        try:
            stat = os.stat(file)
        except FileNotFoundError:
            continue
        found.append((stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def exist(database: Path) -> bool:
    """Tell whether there are journals of a database with anything in them."""
    paths = (beside(database, suffix) for suffix in ("-wal", "-journal"))
    return any(path.exists() and path.stat().st_size > 0 for path in paths)


def discard(database: Path) -> None:
    """Remove the journals of a database."""
    for suffix in SUFFIXES:
        beside(database, suffix).unlink(missing_ok=True)


def is_in_wal_mode(database: Path) -> bool:
    """Tell whether the header of a database says that changes go to a -wal first."""
    with database.open("rb") as file:
        return file.read(20)[_WRITE_AND_READ_VERSION] == _WRITE_AHEAD_LOG


def apply(database: Path, source: str) -> list[str]:
    """Bring a database to the state that its journals describe; they are gone afterwards.

    Returns:
        Sentences about what was of no use.

    Raises:
        DAMAGED: SQLite cannot, because the database or a journal is damaged.
    """
    beside(database, "-shm").unlink(missing_ok=True)
    notes = []
    wal = beside(database, "-wal")
    has_changes = wal.exists() and wal.stat().st_size > _WAL_HEADER_SIZE
    if wal.exists() and not is_in_wal_mode(database):
        # SQLite would use it all the same, and could not tell that it is another database's.
        wal.unlink()
        notes += [_unused(source)] if has_changes else []
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Reading undoes with a -journal, and takes a -wal into account.
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if wal.exists():
                _, frames, _ = connection.execute("PRAGMA wal_checkpoint").fetchone()
                connection.execute("PRAGMA journal_mode = DELETE").fetchone()
                if has_changes and frames <= 0:
                    notes.append(_unused(source))
    finally:
        discard(database)
    return notes


def _unused(source: str) -> str:
    return (
        f"The changes in {source}-wal are not in the database: they belong to another state of it,"
        " or were never finished. Copy both files again while no program has the database open."
    )
