"""Keeps the last thing that a person removed, so that they can have it back.

The copy is in the folder of what is not saved, so it is there until the workspace starts again.
Whoever changes the database in between decides against it: bringing the copy back would undo that
change as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.folder import Folder
from engine.sqlite import faults, journals

#: Bytes of the largest database that is kept: the copy takes that much memory.
MOST = 64_000_000

_COPY = "removed.db"

#: Rows of a table of Datasette's internal database: its name, columns and rows.
Rows = tuple[str, Sequence[str], Sequence[Sequence[Any]]]


@dataclass
class Removed:
    """What was removed, and all that knew of it."""

    what: str  # "the table “birds”"
    database: str
    copy: Path  # of the whole database, as it was before
    before: dict[str, Any]  # what the folder remembered, as Folder.remember takes it
    internal: list[Rows]
    #: Size and time of the database's file just afterwards; None where it is gone.
    stamp: tuple[int, int] | None = None


def may_keep(folder: Folder, database: str) -> bool:
    """Return whether a database is small enough to be kept, and all of it is here."""
    path = folder.database(database)
    if not path.exists() or faults.is_read_by_block(path):
        return False
    return path.stat().st_size <= MOST


def keep(folder: Folder, what: str, database: str, internal: list[Rows]) -> Removed:
    """Copy a database from which something is about to be removed."""
    copy = folder.aside(_COPY)
    discard(folder)
    with (
        closing(sqlite3.connect(folder.database(database))) as there,
        closing(sqlite3.connect(copy)) as target,
    ):
        there.backup(target)
    before = {
        "databases": folder.database_names(),
        "table_database": folder.table_database(),
        "sources": folder.sources(),
    }
    return Removed(what, database, copy, before, internal)


def stamp_of(folder: Folder, database: str) -> tuple[int, int] | None:
    """Return what changes whenever a database is written to; None if there is none."""
    path = folder.database(database)
    if not path.exists():
        return None
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def discard(folder: Folder) -> None:
    """Remove the copy; nothing can be brought back then."""
    folder.last_removed = None
    folder.aside(_COPY).unlink(missing_ok=True)


def bring_back(folder: Folder, removed: Removed) -> None:
    """Put the copy in the place of the database, which is not open."""
    path = folder.database(removed.database)
    journals.discard(path)
    removed.copy.replace(path)
    folder.remember(**removed.before)
    folder.last_removed = None
